// One more request right after the exchange: the short-lived token becomes a long-lived one.
import { fillMap } from '../../../shared/domain/template.ts'
import { openScopes, openText, openValues, secretTraces } from '../secret-traces.ts'
import { plainTokenRequest } from './plain-request.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import type { ResolvedProvider, TokenOutcome } from './oauth-client.ts'
import { fillProviderUrl, templateValues, withSecrets } from './provider-values.ts'
import { shapeRequest } from './shape-request.ts'
import { answerSecrets } from './token-answer.ts'

export async function postExchange(
  { deps, startedAt }: { deps: OAuthDeps; startedAt: number },
  provider: ResolvedProvider,
  outcome: TokenOutcome,
  signal?: AbortSignal,
): Promise<TokenOutcome> {
  const rule = provider.spec.token.postExchange
  if (rule === null || outcome.kind !== 'ok') return outcome
  const { answer } = outcome
  const accessToken = answer.accessToken.reveal()
  const open = templateValues(deps, provider, answer.values)
  const url = fillProviderUrl(provider, rule.url, open)
  const values = withSecrets(provider, open, answer)
  const request = shapeRequest(
    { url, headers: { accept: 'application/json', 'user-agent': deps.userAgent }, parameters: [] },
    {
      method: rule.method,
      format: 'form',
      omit: [],
      add: fillMap(rule.params, values),
      rename: {},
      headers: {},
    },
  )
  const secrets = [accessToken, provider.clientSecret?.reveal() ?? '']
  const longer = await plainTokenRequest(deps, provider, request, {
    facts: { providerName: provider.name, purpose: 'exchange', secrets },
    startedAt,
    signal,
  })
  if (longer.kind === 'retry') {
    // The code is spent: a token that works for an hour, and is exchanged at the next refresh, is better than a failed sign-in.
    deps.logger.warn('the longer token did not come', { provider: provider.slug, code: longer.code })
    return outcome
  }
  if (longer.kind !== 'ok') return longer
  // What the first reply said may hold the token of the second one.
  const traces = secretTraces([...secrets, ...answerSecrets(longer.answer)])
  return {
    kind: 'ok',
    answer: {
      ...longer.answer,
      // The first reply named these; the second repeats nothing but the token and its life.
      refreshToken: longer.answer.refreshToken ?? answer.refreshToken,
      idToken: longer.answer.idToken ?? answer.idToken,
      scopes: longer.answer.scopes ?? openScopes(answer.scopes, traces),
      accountId: longer.answer.accountId ?? openText(answer.accountId, traces),
      accountLabel: longer.answer.accountLabel ?? openText(answer.accountLabel, traces),
      values: { ...openValues(answer.values, traces), ...longer.answer.values },
    },
  }
}
