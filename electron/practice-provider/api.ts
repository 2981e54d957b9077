// The responses of the protected API after the token was accepted. Small, but with every kind of response
// that a proxy must forward.
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify } from 'jose'
import type Provider from 'oidc-provider'
import { z } from 'zod'
import { type AccountStore, accountClaims, type PracticeAccount } from './accounts.ts'
import { drainedOrClosed } from './faults.ts'
import { readRequestBody } from './request-body.ts'

export type PracticeApiCall = {
  req: IncomingMessage
  res: ServerResponse
  url: URL
  caller: Caller
  /** Aborted when the provider closes. */
  closing: AbortSignal
}

type ApiResponse = (call: PracticeApiCall) => Promise<void> | void

/** The route of a path below /api/, or null. */
function apiResponseFor(method: string, path: string): ApiResponse | null {
  const route = routes.find(
    ([wanted, pattern]) => (wanted === '*' || wanted === method) && pattern.test(path),
  )
  return route?.[2] ?? null
}

const routes: ReadonlyArray<readonly [method: string, path: RegExp, answer: ApiResponse]> = [
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

function me({ res, caller }: PracticeApiCall): void {
  const { account, clientId, scopes, tokenType } = caller
  respondJson(res, 200, {
    ...(account === null ? { sub: clientId } : accountClaims(account)),
    clientId,
    scopes,
    tokenType,
  })
}

function files({ res, url, caller }: PracticeApiCall): void {
  const pageSize = numberIn(url, 'pageSize', { fallback: 10, max: 1000 })
  const owner = caller.account?.email ?? caller.clientId
  respondJson(res, 200, {
    files: Array.from({ length: pageSize }, (_, index) => ({
      id: `file-${index + 1}`,
      name: `Notes ${index + 1}.txt`,
      owner,
    })),
    nextPageToken: null,
  })
}

async function echo({ req, res, url }: PracticeApiCall): Promise<void> {
  const body = await readRequestBody(req, 10 * 1024 * 1024)
  const headers = Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [name, shown(name, value)]),
  )
  respondJson(res, 200, {
    method: req.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    body: body.toString('utf8'),
    bytes: body.length,
  })
}

/** Credentials are named, never returned: of Authorization only its scheme. */
function shown(name: string, value: string | string[] | undefined): string | string[] | undefined {
  if (name === 'authorization') return `${String(value).split(' ')[0]} [redacted]`
  return name === 'dpop' || name === 'cookie' || name === 'proxy-authorization' ? '[redacted]' : value
}

/** Server-sent events, sent one by one, so that a buffering proxy is detected. */
async function stream({ res, url, closing }: PracticeApiCall): Promise<void> {
  const events = numberIn(url, 'events', { fallback: 3, max: 10_000 })
  const intervalMs = numberIn(url, 'intervalMs', { fallback: 50, max: 60_000 })
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  for (let sent = 1; sent <= events && !res.destroyed; sent += 1) {
    res.write(`id: ${sent}\ndata: {"event":${sent}}\n\n`)
    if (sent < events) await pause(intervalMs, undefined, { signal: closing })
  }
  res.end()
}

async function slow({ res, url, closing }: PracticeApiCall): Promise<void> {
  const ms = numberIn(url, 'ms', { fallback: 1000, max: 600_000 })
  await pause(ms, undefined, { signal: closing })
  respondJson(res, 200, { waitedMs: ms })
}

function redirect({ res, url }: PracticeApiCall): void {
  const to = url.searchParams.get('to') ?? '/api/me'
  if (!URL.canParse(to, url.origin)) {
    respondJson(res, 400, { error: 'invalid_request', message: '"to" must be an address.' })
    return
  }
  res.writeHead(302, { location: to, 'content-length': 0 })
  res.end()
}

async function bytes({ res, url }: PracticeApiCall): Promise<void> {
  const wanted = numberIn(url, 'n', { fallback: 1024, max: 4 * 1024 ** 3 })
  res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': wanted })
  const chunk = Buffer.alloc(64 * 1024, 'k')
  for (let sent = 0; sent < wanted && !res.destroyed; sent += chunk.length) {
    const goesOn = res.write(chunk.subarray(0, Math.min(chunk.length, wanted - sent)))
    if (!goesOn) await drainedOrClosed(res)
  }
  res.end()
}

async function upload({ req, res }: PracticeApiCall): Promise<void> {
  let received = 0
  let chunks = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    received += chunk.length
    chunks += 1
  }
  respondJson(res, 200, { bytes: received, chunks, contentType: req.headers['content-type'] ?? null })
}

function status({ res, url }: PracticeApiCall): void {
  const code = Number(url.pathname.slice(-3))
  const retryAfter = url.searchParams.get('retryAfter')
  if (retryAfter !== null && /^[\x20-\x7e]*$/.test(retryAfter)) res.setHeader('retry-after', retryAfter)
  if (code === 204 || code === 304) {
    res.writeHead(code).end()
    return
  }
  respondJson(res, code, { status: code })
}

export function respondJson(res: ServerResponse, code: number, body: unknown): void {
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

// Whether a call to the protected API has a valid token: Bearer (RFC 6750) or DPoP (RFC 9449).

export type Caller = {
  /** Null for a token of the client itself (client credentials). */
  account: PracticeAccount | null
  clientId: string
  scopes: string[]
  tokenType: 'Bearer' | 'DPoP'
}

export type CallDecision =
  | { kind: 'allowed'; caller: Caller }
  /** `challenge` is the WWW-Authenticate value; `error` is null when there was no token. */
  | { kind: 'refused'; error: string | null; description: string; challenge: string }

export type CallAuthorizer = (req: IncomingMessage, path: string) => Promise<CallDecision>

export type CallAuthorizerParts = { accounts: AccountStore; issuer: string; provider: Provider }

export function createCallAuthorizer({ accounts, issuer, provider }: CallAuthorizerParts): CallAuthorizer {
  const checkProof = createDpopCheck()
  const resource = `${issuer}/api`

  function refuse(scheme: 'Bearer' | 'DPoP', error: string | null, description: string): CallDecision {
    const words = [
      `realm="rehearsal"`,
      ...(error === null ? [] : [`error="${error}"`, `error_description="${description}"`]),
      ...(scheme === 'DPoP' ? ['algs="ES256 Ed25519 EdDSA"'] : []),
      `resource_metadata="${issuer}/.well-known/oauth-protected-resource/api"`,
    ]
    return { kind: 'refused', error, description, challenge: `${scheme} ${words.join(', ')}` }
  }

  return async (req, path) => {
    const [, scheme, value] = /^(Bearer|DPoP) +([\x21-\x7e]+) *$/i.exec(req.headers.authorization ?? '') ?? []
    if (scheme === undefined || value === undefined)
      return refuse('Bearer', null, 'An access token is needed.')

    const token = await findToken(provider, value)
    const wanted = token?.jkt === undefined ? 'Bearer' : 'DPoP'
    if (token === undefined)
      return refuse('Bearer', 'invalid_token', 'The access token is unknown, expired or revoked.')
    if (scheme.toLowerCase() !== wanted.toLowerCase())
      return refuse(wanted, 'invalid_token', `This access token goes with the ${wanted} scheme.`)
    if (token.aud !== undefined && token.aud !== resource)
      return refuse(wanted, 'invalid_token', 'The access token is for another resource.')
    if (token.jkt !== undefined) {
      const proof = req.headers['dpop']
      const check =
        typeof proof === 'string'
          ? await checkProof({
              method: req.method ?? 'GET',
              url: issuer + path,
              accessToken: value,
              proof,
            })
          : { refusal: 'A DPoP proof is needed.' }
      if ('refusal' in check) return refuse('DPoP', 'invalid_dpop_proof', check.refusal)
      if (check.thumbprint !== token.jkt)
        return refuse('DPoP', 'invalid_token', 'The DPoP proof is of another key.')
    }
    return {
      kind: 'allowed',
      caller: {
        account: 'accountId' in token ? accounts.byId(token.accountId) : null,
        clientId: token.clientId ?? '',
        scopes: [...token.scopes],
        tokenType: wanted,
      },
    }
  }
}

/** A token is valid only while its grant is: it may be issued at the moment when the grant is revoked. */
async function findToken(provider: Provider, value: string) {
  const token = await provider.AccessToken.find(value)
  if (token === undefined) return provider.ClientCredentials.find(value)
  return (await provider.Grant.find(token.grantId)) === undefined ? undefined : token
}

// Checks a DPoP proof at the protected API (RFC 9449 section 4.3).

const PROOF_WINDOW_MS = 300_000

const claimsSchema = z.object({
  htm: z.string(),
  htu: z.string(),
  jti: z.string().min(1),
  iat: z.number(),
  ath: z.string(),
})

export type DpopRequest = { method: string; url: string; accessToken: string; proof: string }

/** Returns the thumbprint of the key that signed the proof, or why the proof is invalid. */
export type DpopCheck = (request: DpopRequest) => Promise<{ thumbprint: string } | { refusal: string }>

function createDpopCheck(): DpopCheck {
  const seen = new Map<string, number>()

  function isReplay(jti: string): boolean {
    const now = Date.now()
    for (const [old, at] of seen) {
      if (at > now - 2 * PROOF_WINDOW_MS) break
      seen.delete(old)
    }
    if (seen.has(jti)) return true
    seen.set(jti, now)
    return false
  }

  return async ({ method, url, accessToken, proof }) => {
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        typ: 'dpop+jwt',
        algorithms: ['ES256', 'Ed25519', 'EdDSA'],
      })
      const claims = claimsSchema.safeParse(payload)
      if (!claims.success || protectedHeader.jwk === undefined)
        return { refusal: 'The DPoP proof is incomplete.' }
      const { htm, htu, jti, iat, ath } = claims.data
      if (htm !== method) return { refusal: 'The DPoP proof is for another method.' }
      if (withoutQuery(htu) !== withoutQuery(url))
        return { refusal: 'The DPoP proof is for another address.' }
      if (Math.abs(Date.now() - iat * 1000) > PROOF_WINDOW_MS)
        return { refusal: 'The DPoP proof is not recent.' }
      if (ath !== createHash('sha256').update(accessToken).digest('base64url'))
        return { refusal: 'The DPoP proof is for another token.' }
      if (isReplay(jti)) return { refusal: 'The DPoP proof was used before.' }
      return { thumbprint: await calculateJwkThumbprint(protectedHeader.jwk) }
    } catch (failure) {
      if (failure instanceof errors.JOSEError) return { refusal: 'The DPoP proof is not valid.' }
      throw failure
    }
  }
}

function withoutQuery(address: string): string | null {
  if (!URL.canParse(address)) return null
  const { origin, pathname } = new URL(address)
  return origin + pathname
}

// The protected API: checks the token, then responds.

export type ProtectedApi = (req: IncomingMessage, res: ServerResponse, url: URL) => Promise<void>

export function createProtectedApi(authorize: CallAuthorizer, closing: AbortSignal): ProtectedApi {
  return async (req, res, url) => {
    const decision = await authorize(req, url.pathname)
    if (decision.kind === 'refused') {
      res.setHeader('www-authenticate', decision.challenge)
      respondJson(res, 401, {
        error: decision.error ?? 'unauthorized',
        error_description: decision.description,
      })
      return
    }
    const answer = apiResponseFor(req.method ?? 'GET', url.pathname)
    if (answer === null) {
      respondJson(res, 404, { error: 'not_found', message: 'The practice API has nothing at that address.' })
      return
    }
    await answer({ req, res, url, caller: decision.caller, closing })
  }
}
