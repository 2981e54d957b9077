// The ways to connect as a person chooses among them, and what each of them sends.
import type { ConnectDraft, flowKind } from '../../../shared/contract/flow.ts'
import type { z } from 'zod'
import { accountSchema } from '../../../shared/contract/slug.ts'

export const ways = [
  'authorization_code',
  'device_code',
  'client_credentials',
  'refresh_token',
  'access_token',
] as const satisfies ReadonlyArray<z.output<typeof flowKind>>
export type Way = (typeof ways)[number]
export const prompts = ['any', 'select_account', 'consent', 'login'] as const
export const redirects = ['auto', 'fixed-port', 'any-port', 'custom-scheme', 'paste'] as const

export type TypedWay = {
  way: Way
  account: string
  token: string
  prompt: (typeof prompts)[number]
  redirect: (typeof redirects)[number]
}

export function freshWay(way: Way): TypedWay {
  return { way, account: '', token: '', prompt: 'any', redirect: 'auto' }
}

export const takesToken = (way: Way): boolean => way === 'refresh_token' || way === 'access_token'

export type WayProblem = { field: 'token' } | { field: 'account'; message: string }

export function wayProblem({ way, token, account }: TypedWay): WayProblem | null {
  if (takesToken(way) && token.trim() === '') return { field: 'token' }
  if (account.trim() === '') return null
  const checked = accountSchema.safeParse(account.trim())
  return checked.success ? null : { field: 'account', message: checked.error.issues[0]?.message ?? '' }
}

export function draftOf(typed: TypedWay, providerId: string, connectionId: string | null): ConnectDraft {
  const { way, prompt, redirect } = typed
  const account = typed.account.trim()
  return {
    providerId,
    connectionId,
    kind: way,
    ...(connectionId === null && account !== '' ? { account } : {}),
    ...(takesToken(way) ? { token: typed.token.trim() } : {}),
    ...(way === 'authorization_code' ? { redirect, prompt: prompt === 'any' ? null : prompt } : {}),
  }
}
