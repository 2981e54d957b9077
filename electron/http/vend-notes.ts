// Writes down who was handed which token. A program that asks thousands of times a second gets its first calls of each second noted one by
// one, and the rest as rows with a count, ten a second: nothing is left out, and the journal is not flooded.
import type { VendedToken } from '../core/connections/token-service.ts'
import type { AppSession, Keyway } from '../core/keyway.ts'
import { noteUse } from './note-use.ts'

const SINGLE_ROWS_A_SECOND = 50
const GATHER_MS = 100

export type VendNotes = {
  note(session: AppSession, token: VendedToken, when: { nowMs: number; durationMs: number }): void
  /** The generation of the token that the app was handed last for this connection; null when it had none since the start. */
  lastGeneration(session: AppSession, connectionId: string): number | null
  /** Writes what is gathered. Twice is fine. */
  close(): void
}

type Tally = {
  second: number
  noted: number
  gathered: number
  /** Handed out last. */
  generation: number
  session: AppSession
  token: VendedToken
  cancel: (() => void) | null
}

export function createVendNotes(keyway: Keyway): VendNotes {
  const tallies = new Map<string, Map<string, Tally>>()

  const flush = (tally: Tally): void => {
    tally.cancel?.()
    tally.cancel = null
    if (tally.gathered > 0) write(keyway, tally.session, tally.token, { count: tally.gathered })
    tally.gathered = 0
  }

  const tallyOf = (session: AppSession, token: VendedToken): Tally => {
    const ofApp = tallies.get(session.app.id) ?? new Map<string, Tally>()
    tallies.set(session.app.id, ofApp)
    const known = ofApp.get(token.connectionId)
    if (known !== undefined) return known
    const tally = { second: 0, noted: 0, gathered: 0, generation: 0, session, token, cancel: null }
    ofApp.set(token.connectionId, tally)
    return tally
  }

  return {
    note(session, token, { nowMs, durationMs }) {
      const tally = tallyOf(session, token)
      tally.generation = token.generation
      const second = Math.floor(nowMs / 1000)
      if (tally.second !== second) {
        tally.second = second
        tally.noted = 0
      }
      if (tally.noted < SINGLE_ROWS_A_SECOND && tally.cancel === null) {
        tally.noted += 1
        write(keyway, session, token, { durationMs })
        return
      }
      // A row speaks of one token under one name: what changes ends it.
      if (tally.token !== token || tally.session.app !== session.app) flush(tally)
      tally.session = session
      tally.token = token
      tally.gathered += 1
      tally.cancel ??= keyway.clock.after(GATHER_MS, () => flush(tally))
    },
    lastGeneration: ({ app }, connectionId) => tallies.get(app.id)?.get(connectionId)?.generation ?? null,
    close() {
      for (const ofApp of tallies.values()) {
        for (const tally of ofApp.values()) flush(tally)
      }
      tallies.clear()
    },
  }
}

function write(
  keyway: Keyway,
  session: AppSession,
  token: VendedToken,
  more: { durationMs: number } | { count: number },
): void {
  const { app } = session
  noteUse(keyway, session, token.connectionId)
  keyway.activity.append({
    kind: 'vend',
    outcome: 'ok',
    appId: app.id,
    appName: app.name,
    connectionId: token.connectionId,
    providerSlug: token.providerSlug,
    account: token.account,
    status: 200,
    ...more,
  })
}
