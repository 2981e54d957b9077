// The code comes home and becomes tokens (RFC 6749 4.1.3).
import { parseScopes } from '../../../shared/domain/scopes.ts'
import { openScopes, openValues, secretTraces } from '../secret-traces.ts'
import { checkCallback, type CheckedCallback } from './callback-checks.ts'
import type { GrantTools } from './token-call.ts'
import type { OAuthClient, ResolvedProvider, TokenOutcome, Transaction } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { resourcesOf } from './authorize.ts'
import { postExchange } from './post-exchange.ts'
import type { Servers } from './servers.ts'
import { answerSecrets } from './token-answer.ts'
import { outcomeOfPreparation, type TokenCaller } from './token-caller.ts'
import { tokenShaping } from './token-shaping.ts'
import { openInner, type TransactionInner } from './transaction.ts'

type Tools = { deps: OAuthDeps; servers: Servers; caller: TokenCaller }

export function createExchange({ deps, servers, caller }: Tools): OAuthClient['exchange'] {
  return async (provider, transaction, parameters, signal) => {
    const inner = openInner(transaction)
    const startedAt = deps.clock.monotonicMs()
    const before = await servers
      .find(provider, { need: ['authorization'], discovery: 'if-possible', signal })
      .catch((error: unknown) => outcomeOfPreparation(provider, error))
    if ('kind' in before) return before
    const { authorizationHost } = inner
    const callback = checkCallback(provider, { transaction, server: before, parameters, authorizationHost })
    const found = await servers
      .find(provider, { need: ['token'], values: callback.values, discovery: 'if-possible', signal })
      .catch((error: unknown) => outcomeOfPreparation(provider, error))
    if ('kind' in found) return found
    const url = found.need('token')
    const outcome = await caller.call({
      provider,
      server: found,
      url,
      purpose: 'exchange',
      shaping: tokenShaping({
        provider,
        values: found.values,
        userAgent: deps.userAgent,
        purpose: 'exchange',
        redirectUri: transaction.redirectUri,
      }),
      secrets: [callback.code, inner.verifier?.reveal() ?? ''],
      dpopKey: inner.dpopKey,
      startedAt,
      signal,
      run: (tools) =>
        codeGrant(tools, { callback, inner, transaction, resources: resourcesOf(provider, found.values) }),
    })
    const completed = withCallback(provider, outcome, callback)
    return postExchange({ deps, startedAt }, provider, completed, signal)
  }
}

type CodeGrant = {
  callback: CheckedCallback
  inner: TransactionInner
  transaction: Transaction
  resources: readonly string[]
}

async function codeGrant(tools: GrantTools, grant: CodeGrant): Promise<unknown> {
  const { library, config, options, expectIdToken } = tools
  const { callback, inner, transaction, resources } = grant
  // Only what has been checked reaches the library; the redirect address is set by the shaping, query and all.
  const url = new URL('https://callback.invalid/')
  url.searchParams.set('code', callback.code)
  url.searchParams.set('state', transaction.state)
  // Where the issuer was accepted by a rule of the provider, the library compares what it will find equal.
  const { issuer, authorization_response_iss_parameter_supported: told } = config.serverMetadata()
  if (callback.iss !== null || told === true) url.searchParams.set('iss', issuer)
  return library.authorizationCodeGrant(
    config,
    url,
    {
      expectedState: transaction.state,
      ...(inner.verifier === null ? {} : { pkceCodeVerifier: inner.verifier.reveal() }),
      ...(inner.nonce === null || !expectIdToken ? {} : { expectedNonce: inner.nonce.reveal() }),
    },
    new URLSearchParams(resources.map((resource): [string, string] => ['resource', resource])),
    options,
  )
}

/** What the answer in the browser adds: values for templates, and the granted scopes where the server names them there. */
function withCallback(
  provider: ResolvedProvider,
  outcome: TokenOutcome,
  callback: CheckedCallback,
): TokenOutcome {
  if (outcome.kind !== 'ok') return outcome
  const { grantedInCallback, separator, responseSeparator } = provider.spec.scopes
  const named = grantedInCallback === null ? undefined : callback.extra[grantedInCallback]
  const scopes = named === undefined ? null : parseScopes(named, responseSeparator ?? separator)
  const { answer } = outcome
  const traces = secretTraces([...answerSecrets(answer), callback.code, provider.clientSecret?.reveal()])
  return {
    kind: 'ok',
    answer: {
      ...answer,
      scopes: openScopes(scopes, traces) ?? answer.scopes,
      values: { ...openValues(callback.values, traces), ...answer.values },
    },
  }
}
