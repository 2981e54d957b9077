// @jmondi/oauth2-server with its repositories in memory: signed access tokens, PKCE demanded, revocation that
// ends the refresh token and its access token.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  AuthorizationServer,
  DateInterval,
  generateRandomToken,
  type OAuthAuthCode,
  type OAuthClient,
  type OAuthToken,
} from '@jmondi/oauth2-server'
import { handleVanillaError, requestFromVanilla, responseToVanilla } from '@jmondi/oauth2-server/vanilla'
import { decodeJwt } from 'jose'
import { startAnswering } from '../providers/answering-server.ts'
import { redirectUri } from './circle.ts'

const user = { id: 'ada', email: 'ada@example.test' }
export const jmondiClient = { clientId: 'made-up-client', clientSecret: 'made-up-client-secret' }
const client: OAuthClient = {
  id: jmondiClient.clientId,
  name: 'Keyway',
  secret: jmondiClient.clientSecret,
  redirectUris: [redirectUri],
  allowedGrants: ['authorization_code', 'refresh_token', 'client_credentials'],
  scopes: [{ name: 'read' }, { name: 'write' }],
}

/** @param lifetime Of access tokens, as the library writes it (`1h`). */
export async function startJmondi(lifetime = '1h'): Promise<string> {
  const tokens: OAuthToken[] = []
  const server = serverOver(tokens, lifetime)
  const answering = await startAnswering((incoming, outgoing) => {
    void answer(server, tokens, answering.origin, incoming).then(async (response) => {
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(Buffer.from(await response.arrayBuffer()))
    })
  })
  return answering.origin
}

function serverOver(tokens: OAuthToken[], lifetime: string): AuthorizationServer {
  const server = new AuthorizationServer(
    {
      getByIdentifier: async () => client,
      isClientValid: async (_grant, _client, secret) => secret === client.secret,
    },
    tokensIn(tokens),
    {
      getAllByIdentifiers: async (names) => client.scopes.filter(({ name }) => names.includes(name)),
      finalize: async (scopes) => scopes,
    },
    'a made-up secret that signs tokens',
  )
  server.enableGrantTypes(
    ['client_credentials', new DateInterval(lifetime)],
    ['refresh_token', new DateInterval(lifetime)],
    [
      {
        grant: 'authorization_code',
        authCodeRepository: codesInMemory(),
        userRepository: { getUserByCredentials: async () => user },
      },
      new DateInterval(lifetime),
    ],
  )
  return server
}

function tokensIn(tokens: OAuthToken[]): ConstructorParameters<typeof AuthorizationServer>[1] {
  const byRefresh = (token: string): OAuthToken | undefined =>
    tokens.find(({ refreshToken }) => refreshToken === token)
  return {
    issueToken: async (of, scopes, whose) => ({
      accessToken: randomUUID(),
      accessTokenExpiresAt: new DateInterval('1h').getEndDate(),
      client: of,
      user: whose ?? null,
      scopes,
    }),
    issueRefreshToken: async (token) => {
      token.refreshToken = generateRandomToken()
      token.refreshTokenExpiresAt = new DateInterval('30d').getEndDate()
      return token
    },
    persist: async (token) => void tokens.push(token),
    revoke: async (token) => {
      token.accessTokenExpiresAt = new Date(0)
      token.refreshTokenExpiresAt = new Date(0)
    },
    isRefreshTokenRevoked: async ({ refreshTokenExpiresAt }) => Number(refreshTokenExpiresAt) < Date.now(),
    getByRefreshToken: async (token) => {
      const found = byRefresh(token)
      if (found === undefined) throw new Error('no such refresh token')
      return found
    },
  }
}

type Codes = Extract<
  Parameters<AuthorizationServer['enableGrantType']>[0],
  { grant: 'authorization_code' }
>['authCodeRepository']

function codesInMemory(): Codes {
  const codes = new Map<string, OAuthAuthCode>()
  const known = (code: string): OAuthAuthCode => {
    const found = codes.get(code)
    if (found === undefined) throw new Error('no such code')
    return found
  }
  return {
    getByIdentifier: async (code) => known(code),
    issueAuthCode: (of, whose, scopes) => ({
      code: randomUUID(),
      expiresAt: new DateInterval('1m').getEndDate(),
      client: of,
      user: whose ?? null,
      scopes,
    }),
    persist: async (code) => void codes.set(code.code, code),
    isRevoked: async (code) => known(code).expiresAt.getTime() < Date.now(),
    revoke: async (code) => void (known(code).expiresAt = new Date(0)),
  }
}

async function answer(
  server: AuthorizationServer,
  tokens: readonly OAuthToken[],
  origin: string,
  incoming: IncomingMessage,
): Promise<Response> {
  let text = ''
  for await (const chunk of incoming) text += String(chunk)
  const url = new URL(incoming.url ?? '/', origin)
  const headers = incoming.headers as Record<string, string>
  const request = await requestFromVanilla(
    new Request(url, { method: incoming.method ?? 'GET', headers, ...(text === '' ? {} : { body: text }) }),
  )
  const authorize = async () => {
    const asked = await server.validateAuthorizationRequest(request)
    return server.completeAuthorizationRequest(Object.assign(asked, { user, isAuthorizationApproved: true }))
  }
  try {
    if (url.pathname === '/authorize') return responseToVanilla(await authorize())
    if (url.pathname === '/token') return responseToVanilla(await server.respondToAccessTokenRequest(request))
    if (url.pathname === '/token/revoke') return responseToVanilla(await server.revoke(request))
  } catch (error) {
    return responseToVanilla(handleVanillaError(error))
  }
  const { jti } = decodeJwt((headers['authorization'] ?? '').replace('Bearer ', ''))
  const token = tokens.find(({ accessToken }) => accessToken === jti)
  const isAlive = token !== undefined && token.accessTokenExpiresAt.getTime() > Date.now()
  return Response.json(isAlive ? user : {}, { status: isAlive ? 200 : 401 })
}
