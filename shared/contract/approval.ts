import { z } from 'zod'
import type { PairInput } from './app.ts'

/**
 * A question to the person, exactly as shown; the permission is taken from this copy. Without an answer
 * within 60 s the call is denied.
 */
export type Approval = {
  id: string
  appId: string | null
  appName: string
  askedAt: number
  expiresAt: number
  /** Number of identical calls that wait, including this one. "Once" allows only the oldest of them. */
  waiting: number
} & (
  | {
      kind: 'use'
      connectionId: string
      account: string
      providerName: string
      what: 'token' | 'proxy'
      method: string | null
      /** Includes the query string. */
      url: string | null
      /** 0: no body. Null: unknown until the body has been sent. */
      bodyBytes: number | null
      /** Hex SHA-256 of a body that is buffered until the answer; null: no body, or it is not buffered. */
      bodySha256: string | null
    }
  | {
      kind: 'pair'
      code: string
      wants: PairInput
      /**
       * The providers that `wants.grants` names, as registered at the time of the request. Null: no provider
       * has that name, so nothing is granted for it.
       */
      providers: ReadonlyArray<{ provider: string; registered: { id: string; name: string } | null }>
    }
)

/** A request for approval that arrived while the vault was locked; the lock screen lists it. */
export type LockedRequest = {
  appName: string
  appId: string | null
  what: 'token' | 'proxy' | 'pair'
  providerName: string | null
  account: string | null
  /** Epoch ms of the latest such request. */
  at: number
  count: number
}

export const decision = z.enum(['once', 'ten_minutes', 'always', 'deny'])
export type Decision = z.output<typeof decision>
