// A connection's whole life at an authorization server that others wrote: registered as a person does it,
// signed in over HTTP, used, refreshed because the API refused the token, and disconnected.
import { expect, onTestFinished, vi } from 'vitest'
import type { OpenedKeyway } from '../../../electron/core/open-keyway.ts'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import {
  type ProviderInputDraft,
  providerInput,
  type ProviderView,
} from '../../../shared/contract/provider.ts'
import type { DisconnectResult } from '../../../shared/contract/ui-api.ts'
import { aConnect, aProvider } from '../builders.ts'
import { openTestKeyway } from '../open-test-keyway.ts'
import { type BrowserTab, openTab, type VisitedPage } from '../robot-browser.ts'
import { tempFolder } from '../temp-folder.ts'

/** Where the circles' sign-ins come back; the servers know it by registration. */
export const redirectUri = 'http://127.0.0.1:7317/oauth2/callback'

export async function openKeyway(): Promise<OpenedKeyway> {
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(() => opened.close())
  return opened
}

/** The person types an address, and Keyway registers a client there (RFC 7591). */
export async function registerByUrl(
  { keyway }: OpenedKeyway,
  url: string,
  draft: Partial<ProviderInputDraft> = {},
): Promise<ProviderView> {
  const found = await keyway.ui['providers.discover']({ url, client: 'register', extraCa: null })
  expect(found).toMatchObject({ registered: true, missing: [] })
  return keyway.ui['providers.create'](providerInput.parse({ ...found.draft, ...draft }))
}

/** The person fills in the form. */
export function registerByForm(
  { keyway }: OpenedKeyway,
  draft: Partial<ProviderInputDraft>,
): Promise<ProviderView> {
  return keyway.ui['providers.create'](aProvider(draft))
}

/** Takes an authorization URL to the redirect that brings the browser back to Keyway. */
export type Person = (authorizationUrl: string) => Promise<URL>
/** What the person does on a page; null where the page leads nowhere. */
export type ActOnPage = (page: VisitedPage) => Parameters<BrowserTab['open']>[0] | null

/** Follows redirects and lets the person act on the pages in between. */
export async function visit(url: string, act: ActOnPage = () => null): Promise<URL> {
  const tab = openTab()
  let page = await tab.open({ url: new URL(url) })
  for (let step = 0; step < 20; step += 1) {
    if (page.redirectsTo?.port === '7317') return page.redirectsTo
    const next = page.redirectsTo === null ? act(page) : { url: page.redirectsTo }
    if (next === null) break
    page = await tab.open(next)
  }
  throw new Error(`The sign-in stops at ${page.url.href} (HTTP ${page.status}): ${page.html.slice(0, 2000)}`)
}

export async function signIn(
  { keyway }: OpenedKeyway,
  providerId: string,
  { person = visit, ...draft }: { person?: Person; connectionId?: string } = {},
): Promise<ConnectionView> {
  const started = await keyway.connections.connect(aConnect({ providerId, open: 'link-only', ...draft }))
  if (started.kind !== 'waiting_for_browser') throw new Error(JSON.stringify(started))
  const callback = await person(started.authorizationUrl)
  const { flow, failure } = await keyway.flows.callback(callback.searchParams)
  if (flow?.kind !== 'done') throw new Error(JSON.stringify({ flow, failure }))
  const connection = keyway.connections.get(flow.connectionId)
  if (connection === null) throw new Error('the connection is not there')
  return connection
}

/** The person opens the address with the code in it and allows. */
export async function signInByDevice(
  { keyway }: OpenedKeyway,
  providerId: string,
  person: (verification: { url: string; userCode: string }) => Promise<unknown> = async ({ url }) =>
    fetch(url),
): Promise<ConnectionView> {
  const shown = await keyway.connections.connect(aConnect({ providerId, open: 'link-only' }))
  if (shown.kind !== 'showing_code') throw new Error(JSON.stringify(shown))
  const { userCode, verificationUri, verificationUriComplete } = shown
  await person({ url: verificationUriComplete ?? verificationUri, userCode })
  const flow = await vi.waitFor(
    () => {
      const now = keyway.flows.list().find(({ id }) => id === shown.id)
      if (now?.kind !== 'done' && now?.kind !== 'failed') throw new Error(JSON.stringify(now))
      return now
    },
    { timeout: 20_000, interval: 50 },
  )
  if (flow.kind === 'failed') throw new Error(JSON.stringify(flow))
  const connection = keyway.connections.get(flow.connectionId)
  if (connection === null) throw new Error('the connection is not there')
  return connection
}

/** The token that Keyway serves now; `refused`: the API refused the one before. */
export async function tokenOf(
  { keyway }: OpenedKeyway,
  id: string,
  refused?: 'refused',
): Promise<{ token: string; tokenType: string; expiresAt: number | null }> {
  const result = await keyway.tokens.get(id, refused === undefined ? {} : { rejected: 'current' })
  if (result.kind !== 'ok') throw new Error(`${result.kind}: ${result.failure.message}`)
  const { accessToken, tokenType, expiresAt } = result.token
  return { token: accessToken.reveal(), tokenType, expiresAt }
}

export type Circle = {
  connection: ConnectionView
  /** The statuses of the API: with the first token, the refreshed one, and that one after the disconnect. */
  api: number[]
  expiresAt: number | null
  disconnected: DisconnectResult['revoked']
}

/**
 * Walks the whole circle. The refresh must bring another token.
 * @param api The status of the server's protected resource for a token.
 */
export async function walkCircle(
  opened: OpenedKeyway,
  providerId: string,
  { person = visit, api }: { person?: Person; api: (token: string) => Promise<number> },
): Promise<Circle> {
  const connection = await signIn(opened, providerId, { person })
  const first = await tokenOf(opened, connection.id)
  const statuses = [await api(first.token)]
  const second = await tokenOf(opened, connection.id, 'refused')
  expect(second.token).not.toBe(first.token)
  statuses.push(await api(second.token))
  const { revoked } = await opened.keyway.connections.disconnect(connection.id)
  statuses.push(await api(second.token))
  return { connection, api: statuses, expiresAt: first.expiresAt, disconnected: revoked }
}

/** The status that a protected resource answers a bearer token with. */
export const asksAt = (url: string) => async (token: string) =>
  (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status
