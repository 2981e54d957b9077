// The authorization server of @modelcontextprotocol/sdk before an MCP endpoint: metadata, registration with
// secrets that end, resource indicators.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InvalidGrantError, InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import type {
  AuthorizationParams,
  OAuthServerProvider,
} from '@modelcontextprotocol/sdk/server/auth/provider.js'
import {
  createOAuthMetadata,
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
  mcpAuthRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js'
import type { OAuthClientInformationFull, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import express from 'express'
import { onTestFinished } from 'vitest'

type Grant = { clientId: string; scopes: string[]; resource: URL | undefined }
export type McpServer = {
  /** The address that a person types. */
  url: string
  /** What came with each code and refresh as the resource. */
  resources: (string | undefined)[]
  clients: Map<string, OAuthClientInformationFull>
}

/** @param secretSeconds Only clients with a secret are taken, and it lives that long. */
export async function startMcp(secretSeconds?: number): Promise<McpServer> {
  const app = express()
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const url = `${origin}/mcp`
  const clients = new Map<string, OAuthClientInformationFull>()
  const resources: McpServer['resources'] = []
  const provider = providerOver(clients, resources)
  const about = { provider, issuerUrl: new URL(origin), scopesSupported: ['mcp:tools'] }
  const resourceServerUrl = new URL(url)
  if (secretSeconds === undefined) app.use(mcpAuthRouter({ ...about, resourceServerUrl }))
  else {
    const metadata = createOAuthMetadata(about)
    const oauthMetadata = { ...metadata, token_endpoint_auth_methods_supported: ['client_secret_post'] }
    app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl, scopesSupported: ['mcp:tools'] }))
    const clientRegistrationOptions = { clientSecretExpirySeconds: secretSeconds }
    app.use(mcpAuthRouter({ ...about, resourceServerUrl, clientRegistrationOptions }))
  }
  const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(new URL(url))
  app.all('/mcp', requireBearerAuth({ verifier: provider, resourceMetadataUrl }), (_request, response) => {
    response.json({ jsonrpc: '2.0', id: 1, result: {} })
  })
  return { url, resources, clients }
}

/** What the SDK leaves to the program: clients, codes and tokens, here in memory. */
function providerOver(
  clients: Map<string, OAuthClientInformationFull>,
  resources: McpServer['resources'],
): OAuthServerProvider {
  const codes = new Map<string, AuthorizationParams & { clientId: string }>()
  const access = new Map<string, Grant>()
  const refresh = new Map<string, Grant & { accessToken: string }>()
  const issue = (grant: Grant): OAuthTokens => {
    const [accessToken, refreshToken] = [randomUUID(), randomUUID()]
    access.set(accessToken, grant)
    refresh.set(refreshToken, { ...grant, accessToken })
    return {
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: 'bearer',
      expires_in: 3600,
      scope: grant.scopes.join(' '),
    }
  }
  return {
    clientsStore: {
      getClient: (id) => clients.get(id),
      registerClient: (made) => {
        const client = made as OAuthClientInformationFull
        clients.set(client.client_id, client)
        return client
      },
    },
    async authorize(client, params, response) {
      const code = randomUUID()
      codes.set(code, { ...params, clientId: client.client_id })
      const callback = new URL(params.redirectUri)
      callback.searchParams.set('code', code)
      if (params.state !== undefined) callback.searchParams.set('state', params.state)
      response.redirect(callback.href)
    },
    challengeForAuthorizationCode: async (_client, code) => codes.get(code)?.codeChallenge ?? '',
    async exchangeAuthorizationCode(client, code, _verifier, _redirectUri, resource) {
      const asked = codes.get(code)
      if (asked === undefined) throw new InvalidGrantError('no such code')
      codes.delete(code)
      resources.push(resource?.href)
      return issue({ clientId: client.client_id, scopes: asked.scopes ?? [], resource })
    },
    async exchangeRefreshToken(client, token, _scopes, resource) {
      const grant = refresh.get(token)
      if (grant?.clientId !== client.client_id) throw new InvalidGrantError('no such refresh token')
      refresh.delete(token)
      resources.push(resource?.href)
      return issue(grant)
    },
    async verifyAccessToken(token) {
      const grant = access.get(token)
      if (grant === undefined) throw new InvalidTokenError('no such token')
      return { token, clientId: grant.clientId, scopes: grant.scopes, expiresAt: Date.now() / 1000 + 3600 }
    },
    async revokeToken(_client, { token }) {
      access.delete(refresh.get(token)?.accessToken ?? token)
      refresh.delete(token)
    },
  }
}
