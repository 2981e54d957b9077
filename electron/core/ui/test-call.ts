// Sends one read-only request to the connection's API, so that the person can see that it works.
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import type { Probe } from '../../../shared/contract/connection.ts'
import type { TestCallResult, UiParsed } from '../../../shared/contract/ui-api.ts'
import { tokenVerdict } from '../../../shared/domain/connection-state.ts'
import { resolveTarget, targetError, type TargetUrl } from '../../../shared/domain/proxy-target.ts'
import type { Connections, Providers } from '../keyway.ts'
import type { OAuthClient } from '../oauth/types.ts'
import type { Clock, HttpFetch } from '../ports.ts'
import type { TokenService } from '../connections/tokens/types.ts'

const TIMEOUT_MS = 15_000
const MAX_BYTES = 64 * 1024

export type TestCallDeps = {
  connections: Connections
  providers: Providers
  tokens: TokenService
  oauth: OAuthClient
  clock: Clock
  fetchFor: (extraCa: string | null) => HttpFetch
}

type TestCallRequest = UiParsed<'connections.testCall'>

/**
 * @throws KeywayError target_not_allowed | invalid_request | provider_unreachable, or the error of the token
 * request
 */
export async function testCall(deps: TestCallDeps, call: TestCallRequest): Promise<TestCallResult> {
  const policy = deps.connections.proxyPolicy(call.id)
  const target = resolveTarget(policy, call.url)
  if (target.kind === 'refused') throw targetError(target)
  const probe = probeAt(deps, call, target.url)
  if (call.method === 'POST' && probe === null) throw onlyProbe()
  const startedAt = deps.clock.monotonicMs()
  const send = async (rejected: 'yes' | 'no'): Promise<Response> => {
    const generation = await freshGeneration(deps, call.id, rejected)
    const answer = await request(deps, call, target.url, { ...policy, probe })
    const verdict = tokenVerdict(answer.status)
    if (verdict !== null) deps.tokens.reportApiOutcome(call.id, generation, verdict)
    return answer
  }
  const first = await send('no')
  const answer = first.status === 401 ? await send('yes').catch(whenTooSoon(first)) : first
  const { body, truncated } = await readSome(answer)
  // An API may echo the request. The window shows the response without the credential.
  const traces = deps.connections.traces(call.id)
  const contentType = answer.headers.get('content-type')
  return {
    status: answer.status,
    contentType: contentType === null ? null : traces.scrub(contentType),
    body: traces.scrub(body),
    truncated,
    durationMs: Math.round(deps.clock.monotonicMs() - startedAt),
  }
}

/** A token that was just refreshed is not refreshed again; then the rejection is the result. */
const whenTooSoon =
  (first: Response) =>
  (error: unknown): Response => {
    if (error instanceof KeywayError && error.code === 'retrying') return first
    throw error
  }

/** The provider's probe, if this is its request. */
function probeAt({ connections }: TestCallDeps, call: TestCallRequest, url: TargetUrl): Probe | null {
  const probe = connections.get(call.id)?.probe ?? null
  return probe?.method === call.method && new URL(probe.url).href === url.href ? probe : null
}

const onlyProbe = (): KeywayError =>
  new KeywayError('invalid_request', {
    message: 'Only the provider’s own test request is sent as POST.',
    nextStep: 'Choose GET or HEAD for another address.',
    details: { field: 'method' },
  })

const lowered = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

async function freshGeneration(deps: TestCallDeps, id: string, rejected: 'yes' | 'no'): Promise<number> {
  const result = await deps.tokens.get(id, rejected === 'yes' ? { rejected: 'current' } : {})
  if (result.kind !== 'ok') throw result.failure
  return result.token.generation
}

async function request(
  deps: TestCallDeps,
  call: TestCallRequest,
  url: TargetUrl,
  policy: { headers: Readonly<Record<string, string>>; extraCa: string | null; probe: Probe | null },
): Promise<Response> {
  const provider = deps.providers.resolve(deps.connections.record(call.id)?.providerId ?? '')
  const own = await deps.oauth.apiHeaders(provider, deps.connections.credential(call.id), {
    method: call.method,
    url: url.href,
    nonce: null,
  })
  const headers = [
    ...Object.entries({ accept: 'application/json, */*;q=0.5', ...lowered(policy.headers) }),
    ...Object.entries(policy.probe?.headers ?? {}),
    ...own,
  ]
  try {
    // A redirect is shown but not followed: credentials must not be sent to its target.
    return await deps.fetchFor(policy.extraCa)(url.href, {
      method: call.method,
      headers,
      body: policy.probe?.body ?? null,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (error) {
    throw new KeywayError('provider_unreachable', {
      details: { host: url.host },
      cause: asKeywayError(error),
    })
  }
}

async function readSome(answer: Response): Promise<{ body: string; truncated: boolean }> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  if (answer.body !== null) {
    for await (const chunk of answer.body) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > MAX_BYTES) break
    }
  }
  const all = Buffer.concat(chunks)
  return { body: new TextDecoder().decode(all.subarray(0, MAX_BYTES)), truncated: all.length > MAX_BYTES }
}
