// The last look at a text before a stranger gets it. Everything in it was redacted where it came from; this is done once more, and what is
// merely private goes too.
import { homedir } from 'node:os'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import { maskAddresses, shortenedId } from '../../../shared/domain/private-text.ts'
import { redact, redactText } from '../../../shared/domain/redact.ts'

export type KnownNames = {
  clientIds: readonly string[]
  /** The person's home folder; stands for their name. */
  home: string
}

/** A log line, redacted again as the structure that it is. */
export function redactedLine(line: string): string {
  try {
    return JSON.stringify(redact(JSON.parse(line)))
  } catch {
    return redactText(line)
  }
}

export function strangerSafe(text: string, { clientIds, home }: KnownNames): string {
  const known: [string, string][] = clientIds
    .filter((id) => id.length >= 8)
    .map((id) => [id, shortenedId(id)])
  if (home.length > 3) known.push([home, '~'], [JSON.stringify(home).slice(1, -1), '~'])
  return maskAddresses(known.reduce((safe, [from, to]) => safe.replaceAll(from, to), text))
}

export function namesOf({ providers }: Pick<Snapshot, 'providers'>): KnownNames {
  return { clientIds: providers.map(({ clientId }) => clientId), home: homedir() }
}
