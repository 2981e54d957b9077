// The history of one connection on one page, for the support of a provider or an app.
import { homedir } from 'node:os'
import type { ActivityRow } from '../../../shared/contract/activity.ts'
import type { ConnectionView, LifeEvent } from '../../../shared/contract/connection.ts'
import type { SupportReport } from '../../../shared/contract/settings.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import { maskAddresses, shortenedId } from '../../../shared/domain/private-text.ts'
import { redact, redactText } from '../../../shared/domain/redact.ts'
import { type DiagnosticsDeps, iso, words } from './facts.ts'

const SHOWN_ROWS = 100

/** @throws KeywayError connection_not_found */
export async function supportReport(deps: DiagnosticsDeps, id: string): Promise<SupportReport> {
  const snapshot = deps.snapshot()
  const connection = snapshot.connections.find((one) => one.id === id)
  if (connection === undefined)
    throw new KeywayError('connection_not_found', { details: { connectionId: id } })
  const provider = snapshot.providers.find((one) => one.id === connection.providerId)
  const rows = await deps.activity.query({ connectionId: id, limit: SHOWN_ROWS })
  const madeAt = new Date(deps.clock.now()).toISOString()
  const lines = [
    `Keyway ${deps.version}, support report of ${madeAt}`,
    '',
    ...(provider === undefined ? [] : providerLines(provider)),
    ...connectionLines(connection),
    '',
    'Life of the grant (oldest first; fingerprints tell whether two tokens are the same, and nothing else)',
    ...connection.life.map(lifeLine),
    '',
    `Activity (newest first, at most ${SHOWN_ROWS})`,
    ...rows.map(activityLine),
    '',
  ]
  return {
    fileName: `keyway-report-${connection.providerSlug}-${madeAt.slice(0, 10)}.txt`,
    text: redactForSupport(lines.join('\n'), namesOf(snapshot)),
  }
}

function providerLines({ name, slug, preset, clientId, flow, spec }: ProviderView): string[] {
  const { discovery, endpoints, refresh } = spec
  return [
    `Provider: ${redactText(name)} (${slug}), ${preset === null ? 'no preset' : `preset ${preset}`}, flow ${flow}, client ${shortenedId(clientId)}`,
    `Server: ${redactText(discovery.issuer ?? endpoints.token ?? 'unknown')}; refresh ${refresh.supported}, rotates ${refresh.rotates}`,
  ]
}

function connectionLines(connection: ConnectionView): string[] {
  const { lastOutcome: last } = connection
  const end = iso(connection.stopsWorkingAt)
  return [
    `Connection: ${connection.id}, account "${redactText(connection.account)}", made by ${connection.how}`,
    `Status: ${last.status} since ${iso(last.at) ?? 'unknown'}${last.code === null ? '' : ` (${last.code})`}${last.message === null ? '' : `: ${words(last.message)}`}`,
    `Scopes: ${connection.grantedScopes.join(' ') || 'none'}${connection.missingScopes.length === 0 ? '' : `; missing: ${connection.missingScopes.join(' ')}`}`,
    `Signed in: ${iso(connection.lastAuthorizedAt) ?? 'unknown'}; token set number ${connection.generation}, issued ${iso(connection.issuedAt) ?? 'unknown'}`,
    `Access token ends: ${iso(connection.expiresAt) ?? 'not told'}; refresh token: ${connection.hasRefreshToken ? (iso(connection.refreshTokenExpiresAt) ?? 'yes, end not told') : 'none'}`,
    `Next renewal: ${iso(connection.nextRefreshAt) ?? 'none'}; stops working without a person: ${end ?? 'not known'}; last used: ${iso(connection.lastUsedAt) ?? 'never'}`,
  ]
}

function lifeLine(event: LifeEvent): string {
  return [
    iso(event.at) ?? '',
    event.kind,
    event.fingerprint === null ? null : `access ${event.fingerprint}`,
    event.refreshFingerprint === null ? null : `refresh ${event.refreshFingerprint}`,
    event.expiresAt === null ? null : `until ${iso(event.expiresAt)}`,
    event.by === null ? null : `by ${redactText(event.by)}`,
    event.code,
    words(event.message),
  ]
    .filter((part) => part !== null)
    .join('  ')
}

function activityLine({ at, kind, outcome, appName, status, code, note, durationMs }: ActivityRow): string {
  return [
    iso(at),
    kind,
    outcome,
    appName === undefined ? null : `by ${redactText(appName)}`,
    status === undefined ? null : `HTTP ${status}`,
    durationMs === undefined ? null : `${Math.round(durationMs)} ms`,
    code,
    note === undefined ? null : redactText(note),
  ]
    .filter((part) => part !== null && part !== undefined)
    .join('  ')
}

// The final redaction before a text is passed on. Everything in it was redacted at its source; here that is
// repeated, and private data is removed too.

export type KnownNames = {
  clientIds: readonly string[]
  /** The person's home folder, which contains their name. */
  home: string
}

/** Redacts a log line again as structured data. */
export function redactedLine(line: string): string {
  try {
    return JSON.stringify(redact(JSON.parse(line)))
  } catch {
    return redactText(line)
  }
}

export function redactForSupport(text: string, { clientIds, home }: KnownNames): string {
  const known: [string, string][] = clientIds
    .filter((id) => id.length >= 8)
    .map((id) => [id, shortenedId(id)])
  if (home.length > 3) known.push([home, '~'], [JSON.stringify(home).slice(1, -1), '~'])
  return maskAddresses(known.reduce((safe, [from, to]) => safe.replaceAll(from, to), text))
}

export function namesOf({ providers }: Pick<Snapshot, 'providers'>): KnownNames {
  return { clientIds: providers.map(({ clientId }) => clientId), home: homedir() }
}
