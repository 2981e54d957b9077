import { z } from 'zod'
import type { PairInput } from './app.ts'

/**
 * A question to the person, exactly as it is shown; what is allowed is allowed from this copy. No answer
 * within 60 s is a no.
 */
export type Approval = {
  id: string
  appId: string | null
  appName: string
  askedAt: number
  expiresAt: number
  /** How many identical calls wait, this one included. "Once" lets one of them through: the oldest. */
  waiting: number
} & (
  | {
      kind: 'use'
      connectionId: string
      account: string
      providerName: string
      what: 'token' | 'proxy'
      method: string | null
      /** With its query. */
      url: string | null
      /** 0: no body. Null: unknown until it has been sent. */
      bodyBytes: number | null
      /** Hex SHA-256 of a body that is held until the answer; null: there is none, or it is not held. */
      bodySha256: string | null
    }
  | {
      kind: 'pair'
      code: string
      wants: PairInput
      /**
       * The providers that `wants.grants` names, as registered when it was asked. Null: none has that name,
       * so nothing is granted for it.
       */
      providers: ReadonlyArray<{ provider: string; registered: { id: string; name: string } | null }>
    }
)

/** A question that could not be put while the vault was locked: for the lock screen. */
export type LockedRequest = {
  appName: string
  appId: string | null
  what: 'token' | 'proxy' | 'pair'
  providerName: string | null
  account: string | null
  /** Epoch ms of the last time. */
  at: number
  count: number
}

export const decision = z.enum(['once', 'ten_minutes', 'always', 'deny'])
export type Decision = z.output<typeof decision>
