// Sends a proxied request: authorization, attempts, and what follows a 401, 429, redirect or closed socket.
import type { HttpContext } from '../server/context.ts'
import {
  type Nonces,
  plainTokenHeaders,
  provenTokenHeaders,
  requestHeaders,
  type ReturnedHeaders,
  type TokenHeaders,
} from './headers.ts'
import { type RequestPace, leftMs, waitWithin } from './rate.ts'
import { type Upstreams, upstreamFailure } from './upstream.ts'
import type { ProxyUsageLog } from './usage-log.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { asKeywayError, type KeywayError } from '../../../shared/contract/errors.ts'
import { tokenVerdict } from '../../../shared/domain/connection-state.ts'
import type { Routes } from '../../core/network/types.ts'
import { chooseConnection } from '../connections/selection.ts'
import { authorize } from '../security/authorize.ts'
import { exposeHeaders } from '../security/cors.ts'
import { inviteBody } from '../server/request-body.ts'
import { clientGone } from '../server/respond.ts'
import { tokenFor } from '../tokens/serve.ts'
import { authorizeLater, authorizeNow, runOn } from './authorize.ts'
import { type AttemptResult, sendOnce } from './relay.ts'
import { type Forwarding, type AuthorizedRequest, startProxyRequest, type ProxyRequest } from './request.ts'
import { overriddenMethods } from './parse.ts'
import { withOwnLocation } from './redirect.ts'
import { headerOf, maySendAgain, type Move, nextMove } from './retry.ts'

/** Nothing of the API was handed on; the record is written. */
type OnFailed = (failure: KeywayError) => void

/** Answers the request, or says why not. */
export function forward(parts: ForwardParts, forwarding: Forwarding, onFailed: OnFailed): void {
  const { keyway } = parts.context
  const { session, call } = forwarding
  let connection: ConnectionRecord | null = null
  const go = (permitted: AuthorizedRequest): void => {
    sendProxied(parts, startProxyRequest(forwarding, permitted, keyway.clock.monotonicMs()), onFailed)
  }
  const fail = (thrown: unknown): void =>
    onFailed(refused(parts, forwarding, connection, { thrown, url: null }))
  try {
    connection = chooseConnection(keyway, session.app, call.wanted)
    const permitted = authorizeNow(parts.context, forwarding, connection)
    if (permitted === null) {
      authorizeLater(parts.context, forwarding, connection).then(go, fail)
      return
    }
    go(permitted)
  } catch (thrown) {
    fail(thrown)
  }
}

/**
 * The way there and back, once it is permitted. Nearly always the first try is the last; only then is there
 * anything to wait for.
 */
function sendProxied(parts: ForwardParts, proxyRequest: ProxyRequest, onFailed: OnFailed): void {
  const { running } = proxyRequest
  const fail = (thrown: unknown): void =>
    onFailed(
      refused(parts, proxyRequest, proxyRequest.connection, {
        thrown: running.ended ?? thrown,
        url: proxyRequest.url,
      }),
    )
  const over = (tried: AttemptResult): void => {
    if (running.ended !== null) {
      fail(running.ended)
      return
    }
    // Half an answer must not look like a whole one.
    if (tried.kind === 'failed') proxyRequest.response.destroy()
    parts.usageLog.note(proxyRequest, tried)
  }
  const goOn = (first: Promise<Attempted>): void => void tryOn(parts, proxyRequest, first).then(over, fail)
  try {
    const wait = waitMs(parts, proxyRequest)
    if (wait > 0) {
      goOn(
        waitWithin(parts.context.keyway.clock, proxyRequest, wait).then(() =>
          attemptLater(parts, proxyRequest),
        ),
      )
      return
    }
    const take = (attempted: Attempted): void => {
      if (attempted.tried.kind === 'relayed') over(attempted.tried)
      else goOn(Promise.resolve(attempted))
    }
    attempt(parts, proxyRequest, take, fail)
  } catch (thrown) {
    fail(thrown)
  }
}

function refused(
  { context, usageLog }: ForwardParts,
  { session, call, startedAt }: Pick<Forwarding, 'session' | 'call' | 'startedAt'>,
  connection: ConnectionRecord | null,
  { thrown, url }: { thrown: unknown; url: ProxyRequest['url'] | null },
): KeywayError {
  const failure = context.withConnectUrl(asKeywayError(thrown), {
    id: connection?.providerId ?? call.wanted.id,
    appId: session.app.id,
    connectionId: connection?.id ?? null,
    account: connection?.account ?? call.wanted.account ?? null,
    addScopes: [],
  })
  usageLog.noteFailure({ session, connection, call, url, startedAt }, failure)
  return failure
}

/** From an attempt to the last one that its answer leads to. */
async function tryOn(
  parts: ForwardParts,
  proxyRequest: ProxyRequest,
  first: Promise<Attempted>,
): Promise<AttemptResult> {
  let attempted = await first
  for (;;) {
    const { tried, move } = attempted
    if (tried.kind === 'failed' && maySendAgain(proxyRequest, tried)) proxyRequest.resent = true
    else if (tried.kind === 'failed' && !tried.answered) throw upstreamFailure(tried.error, proxyRequest.url)
    else if (move.kind === 'relay' || tried.kind !== 'dropped') return tried
    else {
      if (move.kind === 'wait') parts.pace.pause(addressOf(proxyRequest), move.delayMs)
      await follow(parts, proxyRequest, move)
    }
    const wait = waitMs(parts, proxyRequest)
    if (wait > 0) await waitWithin(parts.context.keyway.clock, proxyRequest, wait)
    attempted = await attemptLater(parts, proxyRequest)
  }
}

function attemptLater(parts: ForwardParts, proxyRequest: ProxyRequest): Promise<Attempted> {
  return new Promise((resolve, reject) => attempt(parts, proxyRequest, resolve, reject))
}

function waitMs({ pace, context }: ForwardParts, proxyRequest: ProxyRequest): number {
  const { connection, privateAllowed, session } = proxyRequest
  return pace.waitMs({
    providerId: connection.providerId,
    appId: session.app.id,
    address: () => addressOf(proxyRequest),
    privateTarget: privateAllowed,
    mostMs: leftMs(context.keyway.clock, proxyRequest),
  })
}

const addressOf = ({ connection, url }: ProxyRequest): string =>
  `${connection.id} ${url.origin}${url.pathname}`

async function follow(
  { context }: ForwardParts,
  proxyRequest: ProxyRequest,
  move: Exclude<Move, { kind: 'relay' }>,
): Promise<void> {
  switch (move.kind) {
    case 'fresh_token':
      proxyRequest.retriedToken = true
      proxyRequest.token = await tokenFor(context, proxyRequest.connection, {
        rejected: proxyRequest.token.accessToken,
        rejectedBy: 'proxy',
      })
      break
    case 'with_nonce':
      proxyRequest.retriedNonce = true
      break
    case 'wait':
      proxyRequest.waits += 1
      await waitWithin(context.keyway.clock, proxyRequest, move.delayMs)
      break
    case 'redirect': {
      proxyRequest.redirects += 1
      proxyRequest.url = move.url
      const { call, session, connection } = proxyRequest
      const { body, bodyBytes } = call
      const gone = () => clientGone(proxyRequest.response)
      const uses = [...proxyRequest.uses]
      for (const method of [...overriddenMethods(call, move.url.search), call.method]) {
        const use = { what: 'proxy', method, url: move.url, bodyBytes, body } as const
        uses.push(await authorize(context.keyway, session, connection, use, gone))
      }
      const { url, privateAllowed } = move
      runOn(context.keyway, proxyRequest, { ...proxyRequest, url, privateAllowed, uses, asked: url.href })
      context.running.check(proxyRequest.running)
    }
  }
}

// One attempt of a request: the headers with the token, the route, and what the head of the response means
// for the next step.

export type Attempted = { tried: AttemptResult; move: Move }

/**
 * `done` once, or `broken` when it could not even be tried. @throws KeywayError in the same case, when that
 * is known at once
 */
function attempt(
  parts: ForwardParts,
  proxyRequest: ProxyRequest,
  done: (attempted: Attempted) => void,
  broken: (thrown: unknown) => void,
): void {
  const routes = parts.upstreams.routesFor(proxyRequest.url, proxyRequest)
  const headers = headersFor(parts, proxyRequest)
  if (!(routes instanceof Promise) && !(headers instanceof Promise)) {
    send(parts, proxyRequest, { routes, headers }, done)
    return
  }
  Promise.all([routes, headers])
    .then(([way, ready]) => send(parts, proxyRequest, { routes: way, headers: ready }, done))
    .catch(broken)
}

function headersFor(
  parts: ForwardParts,
  proxyRequest: ProxyRequest,
): readonly string[] | Promise<readonly string[]> {
  const carried = plainTokenHeaders(proxyRequest.token)
  if (carried !== null) return withToken(proxyRequest, carried)
  const { call, url, connection } = proxyRequest
  const proof = { method: call.method, url, nonce: parts.nonces.last(connection.id, url.origin) }
  return provenTokenHeaders(parts.context.keyway, connection, proof).then((proven) =>
    withToken(proxyRequest, proven),
  )
}

function withToken({ call, policy }: Pick<ProxyRequest, 'call' | 'policy'>, carried: TokenHeaders): string[] {
  const isStreamed = call.body !== null && !Buffer.isBuffer(call.body)
  const length = isStreamed && call.bodyBytes !== null ? String(call.bodyBytes) : null
  const own = length === null ? carried : [...carried, ['content-length', length] as const]
  return requestHeaders(call.headers, policy.headers, own)
}

function send(
  parts: ForwardParts,
  proxyRequest: ProxyRequest,
  { routes, headers }: { routes: Routes; headers: readonly string[] },
  resolve: (attempted: Attempted) => void,
): void {
  const { call, url, running } = proxyRequest
  // Its right may have been taken away while the way there was looked up.
  if (running.ended !== null) throw running.ended
  let move: Move = { kind: 'relay' }
  const decide = (status: number, head: ReturnedHeaders): 'relay' | 'drop' => {
    learn(parts, proxyRequest, status, head)
    // Whatever is below 300 is the API's answer.
    if (status >= 300) move = moveAfter(parts, proxyRequest, status, head)
    if (move.kind !== 'relay') return 'drop'
    if (head.location !== null) {
      const { policy, connection } = proxyRequest
      withOwnLocation(head, status, { url, policy, id: connection.id })
    }
    exposeHeaders(running.response, head.headers)
    return 'relay'
  }
  const path = url.pathname + url.search
  if (call.body !== null) inviteBody(running.response)
  sendOnce(
    routes,
    running,
    { origin: url.origin, path, method: call.method, headers, body: call.body, decide },
    (tried) => resolve({ tried, move }),
  )
}

function moveAfter(
  parts: ForwardParts,
  proxyRequest: ProxyRequest,
  status: number,
  head: ReturnedHeaders,
): Move {
  const { clock, tokens } = parts.context.keyway
  const move = nextMove({
    status,
    head,
    proxyRequest,
    leftMs: leftMs(clock, proxyRequest),
    nowMs: clock.now(),
  })
  // A token that was made a moment ago is not replaced for every API that refuses it: then its answer is
  // handed on.
  const isFutile =
    move.kind === 'fresh_token' &&
    !tokens.mayReplace(proxyRequest.connection.id, proxyRequest.token.generation)
  return isFutile ? { kind: 'relay' } : move
}

/** What an answer says about the token, and the nonce for the next proof. */
function learn(
  { context, nonces }: ForwardParts,
  proxyRequest: ProxyRequest,
  status: number,
  head: ReturnedHeaders,
): void {
  const { tokens } = context.keyway
  const { connection, token, url } = proxyRequest
  const verdict = tokenVerdict(status)
  if (verdict !== null) tokens.reportApiOutcome(connection.id, token.generation, verdict)
  if (plainTokenHeaders(token) !== null) return
  const nonce = headerOf(head.headers, 'dpop-nonce')
  if (nonce !== null) nonces.note(connection.id, url.origin, nonce)
}

export type ForwardParts = {
  context: HttpContext
  upstreams: Upstreams
  pace: RequestPace
  nonces: Nonces
  usageLog: ProxyUsageLog
}
