// @node-oauth/oauth2-server with its tokens in memory: opaque tokens, one client with a secret, no metadata.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import OAuth2Server from '@node-oauth/oauth2-server'
import { startAnswering } from '../providers/answering-server.ts'
import { redirectUri } from './circle.ts'

const client = {
  id: 'made-up-client',
  redirectUris: [redirectUri],
  grants: ['authorization_code', 'refresh_token', 'client_credentials'],
}
export const nodeOAuthSecret = 'a secret: with+special/characters%'
const user = { id: 'ada', email: 'ada@example.test' }

/** A revocation and a user address are the program's own, as in every program that uses the library. */
export async function startNodeOAuth(): Promise<string> {
  const tokens = new Map<string, OAuth2Server.Token>()
  const codes = new Map<string, OAuth2Server.AuthorizationCode>()
  const server = new OAuth2Server({ model: modelOver(tokens, codes), requireClientAuthentication: {} })
  const { origin } = await startAnswering((incoming, response) => {
    void answer(server, tokens, incoming, response)
  })
  return origin
}

function modelOver(
  tokens: Map<string, OAuth2Server.Token>,
  codes: Map<string, OAuth2Server.AuthorizationCode>,
): OAuth2Server.AuthorizationCodeModel &
  OAuth2Server.RefreshTokenModel &
  OAuth2Server.ClientCredentialsModel {
  return {
    getClient: async (id, secret) =>
      id === client.id && (secret === null || secret === nodeOAuthSecret) ? client : false,
    getUserFromClient: async () => user,
    saveAuthorizationCode: async (code, of, whose) => {
      const saved = { ...code, client: of, user: whose }
      codes.set(code.authorizationCode, saved)
      return saved
    },
    getAuthorizationCode: async (code) => codes.get(code),
    revokeAuthorizationCode: async ({ authorizationCode }) => codes.delete(authorizationCode),
    saveToken: async (token, of, whose) => {
      const saved = { ...token, client: of, user: whose }
      tokens.set(token.accessToken, saved)
      return saved
    },
    getAccessToken: async (token) => tokens.get(token),
    getRefreshToken: async (token) => {
      const found = [...tokens.values()].find(({ refreshToken }) => refreshToken === token)
      return found === undefined ? false : { ...found, refreshToken: token }
    },
    revokeToken: async ({ refreshToken }) => endBy(tokens, refreshToken),
    generateAccessToken: async () => randomUUID(),
    validateScope: async (_user, _client, scope) => scope,
    verifyScope: async () => true,
  }
}

function endBy(tokens: Map<string, OAuth2Server.Token>, token: string): boolean {
  const ended = [...tokens].filter(([, one]) => one.accessToken === token || one.refreshToken === token)
  for (const [name] of ended) tokens.delete(name)
  return ended.length > 0
}

async function answer(
  server: OAuth2Server,
  tokens: Map<string, OAuth2Server.Token>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  let text = ''
  for await (const chunk of incoming) text += String(chunk)
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
  const form = Object.fromEntries(new URLSearchParams(text))
  const request = new OAuth2Server.Request({
    method: incoming.method ?? 'GET',
    headers: incoming.headers as Record<string, string>,
    query: Object.fromEntries(url.searchParams),
    body: form,
  })
  const response = new OAuth2Server.Response()
  const routes: Record<string, () => Promise<unknown>> = {
    '/authorize': () => server.authorize(request, response, { authenticateHandler: { handle: () => user } }),
    '/token': () => server.token(request, response),
    '/me': async () => {
      await server.authenticate(request, response)
      response.body = user
    },
    '/revoke': async () => void endBy(tokens, form['token'] ?? ''),
  }
  try {
    await routes[url.pathname]?.()
  } catch (error) {
    if (!(error instanceof OAuth2Server.OAuthError)) throw error
    response.status = error.code ?? 500
    response.body = { error: error.name, error_description: error.message }
  }
  outgoing
    .writeHead(response.status ?? 404, { 'content-type': 'application/json', ...response.headers })
    .end(JSON.stringify(response.body ?? {}))
}
