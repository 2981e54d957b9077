import type { ActivityRow } from '../../../shared/contract/activity.ts'
import { redactText } from '../../../shared/domain/redact.ts'
import type { Activity } from '../keyway.ts'
import { iso } from './connection-facts.ts'

const LOOKED_AT = 1000
const SHOWN_FAILURES = 50

/** How much of what happened lately, and the latest failures; not which addresses were called. */
export async function activityFacts(
  activity: Pick<Activity, 'query' | 'verify'>,
): Promise<Record<string, unknown>> {
  const rows = await activity.query({ limit: LOOKED_AT })
  const counts: Record<string, number> = {}
  for (const { kind, outcome } of rows)
    counts[`${kind}: ${outcome}`] = (counts[`${kind}: ${outcome}`] ?? 0) + 1
  return {
    chain: await activity.verify(),
    lookedAt: rows.length,
    since: iso(rows.at(-1)?.at ?? null),
    counts,
    latestFailures: rows
      .filter(({ outcome }) => outcome !== 'ok')
      .slice(0, SHOWN_FAILURES)
      .map(failureFacts),
  }
}

function failureFacts({
  seq,
  at,
  kind,
  outcome,
  code,
  status,
  connectionId,
  appId,
  note,
}: ActivityRow): Record<string, unknown> {
  const facts = { seq, at: iso(at), kind, outcome, code, status, connectionId, appId }
  return { ...facts, ...(note === undefined ? {} : { note: redactText(note) }) }
}
