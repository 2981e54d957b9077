import type { ConnectionRecord, LifeEvent } from '../../../shared/contract/connection.ts'

/** Enough for the picture in the window; the journal has the rest. */
const KEPT = 100

const nothing = {
  fingerprint: null,
  refreshFingerprint: null,
  expiresAt: null,
  code: null,
  message: null,
  by: null,
}

/** The life with one more event. An outage or a busy app is one event that gets a later time, not a hundred. */
export function lived(
  record: Pick<ConnectionRecord, 'life'>,
  event: Partial<LifeEvent> & Pick<LifeEvent, 'at' | 'kind'>,
): LifeEvent[] {
  const full: LifeEvent = { ...nothing, ...event }
  const last = record.life.at(-1)
  const repeats =
    last !== undefined &&
    ['retrying', 'failed', 'used'].includes(full.kind) &&
    last.kind === full.kind &&
    last.code === full.code &&
    last.by === full.by
  return [...(repeats ? record.life.slice(0, -1) : record.life), full].slice(-KEPT)
}
