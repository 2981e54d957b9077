// What a question about a use is about, how far a remembered yes reaches, and what "always" leaves behind.
import { z } from 'zod'
import { grant, type AppRecord, type Grant, type RememberedUse } from '../../../shared/contract/app.ts'
import type { Approval } from '../../../shared/contract/approval.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { exactPath, may, type AppUse, type AppVerdict } from '../../../shared/domain/app-policy.ts'

export type AskedUse = Pick<
  Extract<Approval, { kind: 'use' }>,
  'connectionId' | 'what' | 'method' | 'url' | 'bodyBytes' | 'bodySha256'
>

const MOST_GRANTS = 100

const remembered = z.tuple([
  z.string(),
  z.enum(['token', 'proxy']),
  z.string().nullable(),
  z.string().nullable(),
])

/** The very same call, to the last byte of its body; those are shown as one. Null where not all of it is known: no other call is the same. */
export function sameCallKey(appId: string, use: AskedUse): string | null {
  const { connectionId, what, method, url, bodyBytes, bodySha256 } = use
  if (what === 'proxy' && bodySha256 === null && bodyBytes !== 0) return null
  return JSON.stringify(['use', appId, connectionId, what, method, url, bodyBytes, bodySha256])
}

/** How far a yes for ten minutes reaches: the token, or one method at one host. Not each single path, or an agent that pages asks for ever. */
export function thingOf({
  connectionId,
  what,
  method,
  url,
}: Pick<AskedUse, 'connectionId' | 'what' | 'method' | 'url'>): string {
  return JSON.stringify([connectionId, what, method, parsed(url)?.host ?? null])
}

/** {@link thingOf} read back. */
export function thingFrom(text: string, until: number): RememberedUse {
  const [connectionId, what, method, host] = remembered.parse(JSON.parse(text))
  return { connectionId, what, method, host, until }
}

type Known = { id: string; providerId: string }

/** What the app's permissions say about what was asked, as they are now. */
export function verdictOn(app: AppRecord, asked: AskedUse, connection: Known, now: number): AppVerdict {
  return may(app, appUseOf(asked), connection, now)
}

/**
 * The app's permissions with "always" among them, as one that the person sees and can take away: this method, host and path, no longer than
 * the permission that made us ask. Unchanged when the app would not be asked any more.
 * @throws KeywayError invalid_request when no permission can say exactly this; the question stays
 */
export function withLastingGrant(app: AppRecord, asked: AskedUse, connection: Known, now: number): Grant[] {
  const verdict = verdictOn(app, asked, connection, now)
  if (verdict.kind !== 'ask') return app.grants
  if (app.grants.length >= MOST_GRANTS) {
    throw cannotLast(`The app has ${MOST_GRANTS} permissions, which is as many as one may have.`)
  }
  const url = parsed(asked.url)
  const narrowed =
    asked.what === 'proxy'
      ? {
          methods: [asked.method],
          hosts: url === null ? [] : [url.host],
          paths: [exactPath(url?.pathname ?? '/')],
        }
      : {}
  const lasting = grant.safeParse({
    ...verdict.grant,
    ...narrowed,
    target: { kind: 'connection', connectionId: connection.id },
    token: asked.what === 'token',
    proxy: asked.what === 'proxy',
    approval: 'allow',
  })
  const grants = lasting.success ? [lasting.data, ...app.grants] : app.grants
  if (verdictOn({ ...app, grants }, asked, connection, now).kind !== 'allow') {
    throw cannotLast('No permission can name exactly this method and path: servers may read it in two ways.')
  }
  return grants
}

function cannotLast(message: string): KeywayError {
  return new KeywayError('invalid_request', {
    message,
    nextStep: 'Allow it once or for ten minutes, or change what the app may do under Apps.',
    details: { field: 'decision', allowed: ['once', 'ten_minutes', 'deny'] },
  })
}

function appUseOf({ what, method, url }: AskedUse): AppUse {
  if (what === 'token') return { what }
  const address = parsed(url)
  return { what, method: method ?? '', host: address?.host ?? '', path: address?.pathname ?? '/' }
}

function parsed(url: string | null): URL | null {
  return url !== null && URL.canParse(url) ? new URL(url) : null
}
