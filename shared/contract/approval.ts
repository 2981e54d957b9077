import { z } from 'zod'
import type { PairInput } from './app.ts'

/** A question to the person. No answer within 60 s is a no. */
export type Approval = {
  id: string
  appId: string | null
  appName: string
  askedAt: number
  expiresAt: number
  /** How many waiting calls this one question stands for. */
  waiting: number
} & (
  | {
      kind: 'use'
      connectionId: string
      account: string
      providerName: string
      what: 'token' | 'proxy'
      method: string | null
      url: string | null
      bodyBytes: number | null
    }
  | { kind: 'pair'; code: string; wants: PairInput }
)

export const decision = z.enum(['once', 'ten_minutes', 'always', 'deny'])
export type Decision = z.output<typeof decision>
