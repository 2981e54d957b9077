// What the protected API answers once the token is found good. Small, but with every shape that a proxy must carry.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { claimsOf } from '../accounts.ts'
import { drainedOrClosed } from '../drained.ts'
import { readBody } from '../request-body.ts'
import type { Caller } from './authorize-call.ts'

export type ApiCall = {
  req: IncomingMessage
  res: ServerResponse
  url: URL
  caller: Caller
  /** Aborted when the provider closes. */
  closing: AbortSignal
}

type ApiAnswer = (call: ApiCall) => Promise<void> | void

/** The route of a path below /api/, or null. */
export function apiAnswerFor(method: string, path: string): ApiAnswer | null {
  const route = routes.find(
    ([wanted, pattern]) => (wanted === '*' || wanted === method) && pattern.test(path),
  )
  return route?.[2] ?? null
}

const routes: ReadonlyArray<readonly [method: string, path: RegExp, answer: ApiAnswer]> = [
  ['GET', /^\/api\/me$/, me],
  ['GET', /^\/api\/files$/, files],
  ['*', /^\/api\/echo(\/.*)?$/, echo],
  ['GET', /^\/api\/stream$/, stream],
  ['GET', /^\/api\/slow$/, slow],
  ['GET', /^\/api\/redirect$/, redirect],
  ['GET', /^\/api\/bytes$/, bytes],
  ['PUT', /^\/api\/upload$/, upload],
  ['*', /^\/api\/status\/[2-5]\d\d$/, status],
]

function me({ res, caller }: ApiCall): void {
  const { account, clientId, scopes, tokenType } = caller
  sendJson(res, 200, {
    ...(account === null ? { sub: clientId } : claimsOf(account)),
    clientId,
    scopes,
    tokenType,
  })
}

function files({ res, url, caller }: ApiCall): void {
  const pageSize = numberIn(url, 'pageSize', { fallback: 10, max: 1000 })
  const owner = caller.account?.email ?? caller.clientId
  sendJson(res, 200, {
    files: Array.from({ length: pageSize }, (_, index) => ({
      id: `file-${index + 1}`,
      name: `Notes ${index + 1}.txt`,
      owner,
    })),
    nextPageToken: null,
  })
}

async function echo({ req, res, url }: ApiCall): Promise<void> {
  const body = await readBody(req, 10 * 1024 * 1024)
  const headers = Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [name, shown(name, value)]),
  )
  sendJson(res, 200, {
    method: req.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    body: body.toString('utf8'),
    bytes: body.length,
  })
}

/** Credentials are named, never repeated: of Authorization only its scheme. */
function shown(name: string, value: string | string[] | undefined): string | string[] | undefined {
  if (name === 'authorization') return `${String(value).split(' ')[0]} [redacted]`
  return name === 'dpop' || name === 'cookie' || name === 'proxy-authorization' ? '[redacted]' : value
}

/** Server-sent events, one by one, so that a proxy that collects them is found out. */
async function stream({ res, url, closing }: ApiCall): Promise<void> {
  const events = numberIn(url, 'events', { fallback: 3, max: 10_000 })
  const intervalMs = numberIn(url, 'intervalMs', { fallback: 50, max: 60_000 })
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  for (let sent = 1; sent <= events && !res.destroyed; sent += 1) {
    res.write(`id: ${sent}\ndata: {"event":${sent}}\n\n`)
    if (sent < events) await pause(intervalMs, undefined, { signal: closing })
  }
  res.end()
}

async function slow({ res, url, closing }: ApiCall): Promise<void> {
  const ms = numberIn(url, 'ms', { fallback: 1000, max: 600_000 })
  await pause(ms, undefined, { signal: closing })
  sendJson(res, 200, { waitedMs: ms })
}

function redirect({ res, url }: ApiCall): void {
  const to = url.searchParams.get('to') ?? '/api/me'
  if (!URL.canParse(to, url.origin)) {
    sendJson(res, 400, { error: 'invalid_request', message: '"to" must be an address.' })
    return
  }
  res.writeHead(302, { location: to, 'content-length': 0 })
  res.end()
}

async function bytes({ res, url }: ApiCall): Promise<void> {
  const wanted = numberIn(url, 'n', { fallback: 1024, max: 4 * 1024 ** 3 })
  res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': wanted })
  const chunk = Buffer.alloc(64 * 1024, 'k')
  for (let sent = 0; sent < wanted && !res.destroyed; sent += chunk.length) {
    const goesOn = res.write(chunk.subarray(0, Math.min(chunk.length, wanted - sent)))
    if (!goesOn) await drainedOrClosed(res)
  }
  res.end()
}

async function upload({ req, res }: ApiCall): Promise<void> {
  let received = 0
  let chunks = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    received += chunk.length
    chunks += 1
  }
  sendJson(res, 200, { bytes: received, chunks, contentType: req.headers['content-type'] ?? null })
}

function status({ res, url }: ApiCall): void {
  const code = Number(url.pathname.slice(-3))
  const retryAfter = url.searchParams.get('retryAfter')
  if (retryAfter !== null && /^[\x20-\x7e]*$/.test(retryAfter)) res.setHeader('retry-after', retryAfter)
  if (code === 204 || code === 304) {
    res.writeHead(code).end()
    return
  }
  sendJson(res, code, { status: code })
}

export function sendJson(res: ServerResponse, code: number, body: unknown): void {
  const text = JSON.stringify(body)
  res.writeHead(code, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  res.end(text)
}

function numberIn(url: URL, name: string, limits: { fallback: number; max: number }): number {
  const text = url.searchParams.get(name)
  const value = text === null || !/^\d{1,12}$/.test(text) ? limits.fallback : Number(text)
  return Math.min(value, limits.max)
}
