// Whose account it is. The provider's own identity call decides where it has one; else id_token and userinfo. An identity that cannot be
// read is no reason to fail a sign-in: then nobody tells, and the answer is null.
import { readPath, readText, textOf } from '../../../shared/domain/json-path.ts'
import { namedSecrets } from '../../../shared/domain/secret-names.ts'
import { openText, openValues, secretTraces, type SecretTraces } from '../secret-traces.ts'
import type { ApiCaller } from './api-call.ts'
import { claimsOf } from './id-token.ts'
import { identityRequest } from './identity-request.ts'
import type { Identity, OAuthClient, ResolvedProvider } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { collectValues } from './provider-values.ts'
import type { Servers } from './servers.ts'
import { readUserinfo } from './userinfo.ts'

type Tools = { deps: OAuthDeps; servers: Servers; callApi: ApiCaller; apiHeaders: OAuthClient['apiHeaders'] }
type Found = Identity & { values: Record<string, string> }

const labels = ['email', 'preferred_username', 'upn', 'name', 'nickname', 'login', 'username', 'display_name']
const ids = ['sub', 'id', 'user_id', 'uid']

export function createIdentify(tools: Tools): OAuthClient['identify'] {
  const identify: OAuthClient['identify'] = async (provider, credential, signal) => {
    const claims = credential.idToken === null ? {} : claimsOf(credential.idToken.reveal())
    const told: Found = { id: idIn(claims, ['sub']), label: firstOf(claims, labels), values: {} }
    const { account } = provider.spec
    try {
      if (account.request !== null) {
        const request = identityRequest(tools.deps, provider, credential, account.request)
        const data = await tools.callApi(provider, credential, request, signal)
        const own = identityIn(provider, data)
        return { ...own, label: own.label ?? told.label }
      }
      if (told.id !== null && told.label !== null) return told
      const userinfo = await readUserinfo(tools, provider, credential, { expectedSubject: told.id, signal })
      if (userinfo === null) return told
      const found = identityIn(provider, userinfo)
      return { id: told.id ?? found.id, label: told.label ?? found.label, values: found.values }
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      tools.deps.logger.info('the account could not be identified', { provider: provider.slug, reason })
      // Another kind of id than the provider's own would look like another account the next time.
      return account.request === null ? told : { id: null, label: told.label, values: {} }
    }
  }
  return async (provider, credential, signal) => {
    const found = await identify(provider, credential, signal)
    const { accessToken, idToken } = credential
    const traces = secretTraces([accessToken.reveal(), idToken?.reveal(), provider.clientSecret?.reveal()])
    return openIdentity(found, traces)
  }
}

const openIdentity = ({ id, label, values }: Found, traces: SecretTraces): Found => ({
  id: openText(id, traces),
  label: openText(label, traces),
  values: openValues(values, traces),
})

function identityIn(provider: ResolvedProvider, data: unknown): Found {
  const { idPath, labelPath } = provider.spec.account
  const found = {
    id: idIn(data, idPath === null ? ids : [idPath]),
    label: labelPath === null ? firstOf(data, labels) : readText(data, labelPath),
    values: collectValues(provider, 'identity', data),
  }
  // An account's page may show keys of its own beside the name.
  return openIdentity(found, secretTraces(namedSecrets(data)))
}

/** Longer ones are no identifiers; a part of one could be somebody else's. */
const LONGEST_ID = 4000

/** Compared to the letter, so it is kept whole; and `true` is nobody's. */
function idIn(data: unknown, paths: readonly string[]): string | null {
  const found = paths.map((path) => textOf(readPath(data, path))).find((text) => text !== null) ?? null
  return found === null || found.length > LONGEST_ID ? null : found
}

function firstOf(data: unknown, paths: readonly string[]): string | null {
  for (const path of paths) {
    const text = readText(data, path)
    if (text !== null) return text.slice(0, 300)
  }
  return null
}
