// Every request of a page passes here: the app is asked about navigations, its protocol and webRequest
// handlers answer, the rest goes on to Chromium.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { WebContents } from 'electron'
import { isGone, type CdpSession } from '../chromium/cdp.ts'
import type { Protocol } from '../chromium/protocol.ts'
import type { CustomSchemes } from '../session/custom-scheme.ts'
import { mimeTypeOf } from '../session/mime-type.ts'
import type { SchemeHandler } from '../session/protocol.ts'
import type { StandInSession } from '../session/session.ts'
import type { NavigationGuard } from './navigation-guard.ts'
import { toPageHeaders } from './response-policy.ts'

type Paused = Protocol.Fetch.requestPausedPayload

export type RequestPipelineDeps = {
  readonly session: StandInSession
  readonly schemes: CustomSchemes
  readonly guard: NavigationGuard
  readonly contents: () => WebContents
  readonly isMainFrame: (frameId: string) => boolean
}

const resourceTypes: Partial<Record<Protocol.Network.ResourceType, string>> = {
  Stylesheet: 'stylesheet',
  Script: 'script',
  Image: 'image',
  Font: 'font',
  XHR: 'xhr',
  Fetch: 'xhr',
  Media: 'media',
  WebSocket: 'webSocket',
}

/** They speak of the body as it travelled; Chromium hands it over unpacked. */
const transferNames = new Set(['content-encoding', 'content-length', 'transfer-encoding'])

async function toRequest(paused: Paused, url: string): Promise<Request> {
  const { method, headers, postData, postDataEntries } = paused.request
  const parts = (postDataEntries ?? []).flatMap(({ bytes }) =>
    bytes === undefined ? [] : [Buffer.from(bytes, 'base64')],
  )
  const body = parts.length > 0 ? Buffer.concat(parts) : postData
  return new Request(url, { method, headers, ...(body !== undefined && { body }) })
}

function readHeaders(response: Response): Protocol.Fetch.HeaderEntry[] {
  return [...response.headers].map(([name, value]) => ({ name, value }))
}

export function listenToRequests(page: CdpSession, deps: RequestPipelineDeps): Promise<unknown> {
  const { schemes, guard } = deps
  const fail = (paused: Paused, errorReason: Protocol.Network.ErrorReason): Promise<unknown> =>
    page.send('Fetch.failRequest', { requestId: paused.requestId, errorReason })

  const describe = (paused: Paused) => ({
    id: 0,
    url: schemes.toApp(paused.request.url),
    method: paused.request.method,
    webContents: deps.contents(),
    webContentsId: deps.contents().id,
    resourceType:
      paused.resourceType === 'Document'
        ? deps.isMainFrame(paused.frameId)
          ? 'mainFrame'
          : 'subFrame'
        : (resourceTypes[paused.resourceType] ?? 'other'),
    referrer: paused.request.headers['Referer'] ?? '',
    timestamp: Date.now(),
    uploadData: [],
  })

  const fulfil = async (paused: Paused, response: Response): Promise<unknown> => {
    if (response.type === 'error') return fail(paused, 'Failed')
    return page.send('Fetch.fulfillRequest', {
      requestId: paused.requestId,
      responseCode: response.status,
      responseHeaders: toPageHeaders(readHeaders(response), schemes, {
        isDocument: paused.resourceType === 'Document',
      }),
      body: Buffer.from(await response.arrayBuffer()).toString('base64'),
    })
  }

  const serve = async (paused: Paused, handler: SchemeHandler): Promise<unknown> => {
    const url = schemes.toApp(paused.request.url)
    try {
      return await fulfil(paused, await handler(await toRequest(paused, url)))
    } catch (error) {
      if (isGone(error)) throw error
      console.error(`protocol.handle failed for ${url}:`, error)
      return fail(paused, 'Failed')
    }
  }

  const onRequest = async (paused: Paused): Promise<unknown> => {
    const isDocument = paused.resourceType === 'Document'
    if (isDocument && !guard.mayProceed(paused)) return fail(paused, 'Aborted')
    const { url } = paused.request
    const custom = schemes.schemeOf(url)
    const scheme = custom ?? new URL(url).protocol.slice(0, -1)
    const handler = deps.session.protocol.find(scheme)
    // Electron's webRequest does not see what a custom scheme serves.
    if (custom === null) {
      const { cancel, redirectURL } = await deps.session.webRequest.beforeRequest(describe(paused) as never)
      if (cancel === true) return fail(paused, 'BlockedByClient')
      if (redirectURL !== undefined) {
        const location = schemes.toPage(redirectURL)
        return fulfil(paused, new Response(null, { status: 307, headers: { location } }))
      }
    }
    if (handler) return serve(paused, handler)
    if (custom !== null) return fail(paused, 'NameNotResolved')
    if (isDocument && scheme === 'file') return serve(paused, serveFile)
    return page.send('Fetch.continueRequest', { requestId: paused.requestId })
  }

  const onResponse = async (paused: Paused): Promise<unknown> => {
    const { requestId, responseStatusCode, responseHeaders = [] } = paused
    const isRedirect =
      responseStatusCode !== undefined && responseStatusCode >= 300 && responseStatusCode < 400
    if (responseStatusCode === undefined || isRedirect)
      return page.send('Fetch.continueResponse', { requestId })
    const before: Record<string, string[]> = {}
    for (const { name, value } of responseHeaders) before[name] = [...(before[name] ?? []), value]
    const details = { ...describe(paused), statusCode: responseStatusCode, responseHeaders: before }
    const after = await deps.session.webRequest.headersReceived(details as never)
    if (after === null) return fail(paused, 'BlockedByClient')
    const entries = Object.entries(after).flatMap(([name, values]) =>
      values.map((value) => ({ name, value })),
    )
    const isDocument = paused.resourceType === 'Document'
    const changed = { requestId, responseCode: responseStatusCode }
    const headers = toPageHeaders(entries, schemes, { isDocument })
    if (!isDocument) return page.send('Fetch.continueResponse', { ...changed, responseHeaders: headers })
    // Chromium enforces the policy that the network sent, whatever is changed after it, unless it is given
    // all anew.
    const { body, base64Encoded } = await page.send('Fetch.getResponseBody', { requestId })
    const bytes = Buffer.from(body, base64Encoded ? 'base64' : 'utf8')
    return page.send('Fetch.fulfillRequest', {
      ...changed,
      responseHeaders: headers.filter(({ name }) => !transferNames.has(name.toLowerCase())),
      body: bytes.toString('base64'),
    })
  }

  page.on('Fetch.requestPaused', (paused) => {
    const isResponse = paused.responseStatusCode !== undefined || paused.responseErrorReason !== undefined
    ;(isResponse ? onResponse(paused) : onRequest(paused)).catch((error: unknown) => {
      if (isGone(error)) return
      console.error(`Electron stand-in: ${paused.request.url}:`, error)
      page.tell('Fetch.failRequest', { requestId: paused.requestId, errorReason: 'Failed' })
    })
  })
  return page.send('Fetch.enable', {
    patterns: [
      { urlPattern: '*', requestStage: 'Request' },
      { urlPattern: '*', requestStage: 'Response' },
    ],
  })
}

async function serveFile(request: Request): Promise<Response> {
  const path = fileURLToPath(request.url)
  return new Response(await readFile(path), { headers: { 'content-type': mimeTypeOf(path) } })
}
