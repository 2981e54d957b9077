// What a question about a use is about, how far a remembered yes reaches, and what "always" leaves behind.
import { z } from 'zod'
import { grant, type AppRecord, type Grant, type RememberedUse } from '../../../shared/contract/app.ts'
import type { Approval } from '../../../shared/contract/approval.ts'
import { may, type AppUse } from '../../../shared/domain/app-policy.ts'

export type AskedUse = {
  connectionId: string
  what: 'token' | 'proxy'
  method: string | null
  url: string | null
}

const remembered = z.tuple([
  z.string(),
  z.enum(['token', 'proxy']),
  z.string().nullable(),
  z.string().nullable(),
])

/** The very same call; only those share one question, since a once is for what the person saw. */
export function sameCallKey(appId: string, use: AskedUse): string {
  return JSON.stringify(['use', appId, use.connectionId, use.what, use.method, use.url])
}

/** How far a remembered yes reaches: the token, or one method at one host. Not each single path, or an agent that pages asks for ever. */
export function thingOf({ connectionId, what, method, url }: AskedUse): string {
  return JSON.stringify([connectionId, what, method, parsed(url)?.host ?? null])
}

/** {@link thingOf} read back. */
export function thingFrom(text: string, until: number): RememberedUse {
  const [connectionId, what, method, host] = remembered.parse(JSON.parse(text))
  return { connectionId, what, method, host, until }
}

export function isAbout(approval: Approval, appId: string | null, thing: string): boolean {
  return approval.kind === 'use' && approval.appId === appId && thingOf(approval) === thing
}

/**
 * "Always" as a grant that the person sees and can take away: no wider than the remembered yes, no longer than the grant that made us
 * ask. Null when the app would not be asked any more.
 */
export function lastingGrant(
  app: AppRecord,
  asked: AskedUse,
  connection: { id: string; providerId: string },
  now: number,
): Grant | null {
  const url = parsed(asked.url)
  const use: AppUse =
    asked.what === 'token'
      ? { what: 'token' }
      : { what: 'proxy', method: asked.method ?? '', host: url?.host ?? '', path: url?.pathname ?? '/' }
  const verdict = may(app, use, connection, now)
  if (verdict.kind !== 'ask') return null
  const narrowed =
    asked.what === 'proxy' ? { methods: [asked.method], hosts: url === null ? [] : [url.host] } : {}
  const lasting = grant.safeParse({
    ...verdict.grant,
    ...narrowed,
    target: { kind: 'connection', connectionId: connection.id },
    token: asked.what === 'token',
    proxy: asked.what === 'proxy',
    approval: 'allow',
  })
  return lasting.success ? lasting.data : null
}

function parsed(url: string | null): URL | null {
  return url !== null && URL.canParse(url) ? new URL(url) : null
}
