import type { ServerResponse } from 'node:http'
import { toIsoMomentOrNull, type TokenResponseBody } from '../../../shared/contract/http-api.ts'
import type { ServedToken } from '../../core/connections/tokens/types.ts'
import { COMMON_HEADERS, KEEP_ALIVE_SECONDS } from '../server/respond.ts'

/** What a token call answers; the secret leaves here. */
export function tokenAnswer(token: ServedToken, nowMs: number): TokenResponseBody {
  return {
    data: {
      accessToken: token.accessToken.reveal(),
      tokenType: token.tokenType,
      expiresAt: toIsoMomentOrNull(token.expiresAt),
      expiresIn: secondsLeft(token, nowMs),
      scopes: [...token.scopes],
      account: token.account,
      connectionId: token.connectionId,
      provider: token.providerSlug,
      ...(token.header === null
        ? {}
        : { header: { name: token.header.name, value: token.header.value.reveal() } }),
      ...(token.maxLifetimeReached ? { maxLifetimeReached: true } : {}),
    },
  }
}

export function secondsLeft({ expiresAt }: ServedToken, nowMs: number): number | null {
  return expiresAt === null ? null : Math.max(0, Math.floor((expiresAt - nowMs) / 1000))
}

// The answer to a token call, prepared once a second for each token: only `expiresIn` and the date ever
// change. A quarter of what a bare node:http answer costs is putting its head together, so the whole answer
// is kept as bytes and node is told that the head is out already.

type Prepared = { madeIn: number; secondsLeft: number | null; text: string; whole: Buffer }

/**
 * What node:http remembers of an answer's head. Not in its documentation, so nothing is built on it that was
 * not looked at first.
 */
type HeadState = { _header?: string | null; _headerSent?: boolean }

const prepared = new WeakMap<ServedToken, Prepared>()
const HEADERS = { ...COMMON_HEADERS, 'content-type': 'application/json; charset=utf-8' }

export function sendToken(response: ServerResponse, token: ServedToken, nowMs: number): void {
  const state = response as unknown as HeadState
  const isOrdinary = response.shouldKeepAlive && state._header === null && state._headerSent === false
  if (isOrdinary && response.getHeaderNames().length === 0) {
    // Keep-alive, pipelining and the end of the answer stay node's business.
    state._header = 'in the bytes'
    state._headerSent = true
    response.end(tokenBytes(token, nowMs))
    return
  }
  const { text } = prepare(token, nowMs)
  response.writeHead(200, { ...HEADERS, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

/** Head and body of the answer on a connection that stays open. */
export function tokenBytes(token: ServedToken, nowMs: number): Buffer {
  return prepare(token, nowMs).whole
}

function prepare(token: ServedToken, nowMs: number): Prepared {
  const madeIn = Math.floor(nowMs / 1000)
  const left = secondsLeft(token, nowMs)
  const known = prepared.get(token)
  if (known !== undefined && known.madeIn === madeIn && known.secondsLeft === left) return known
  const text = JSON.stringify(tokenAnswer(token, nowMs))
  const head = Object.entries({
    ...HEADERS,
    'content-length': String(Buffer.byteLength(text)),
    date: new Date(nowMs).toUTCString(),
    connection: 'keep-alive',
    'keep-alive': `timeout=${KEEP_ALIVE_SECONDS}`,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  const answer = {
    madeIn,
    secondsLeft: left,
    text,
    whole: Buffer.from(`HTTP/1.1 200 OK\r\n${head.join('')}\r\n${text}`),
  }
  prepared.set(token, answer)
  return answer
}
