// oidc-provider where tokens of the only client are bound to a key (RFC 9449).
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { onTestFinished } from 'vitest'

export const boundClient = { clientId: 'bound', clientSecret: 'a-made-up-secret-of-some-length' }

export async function startBoundServer(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: boundClient.clientId,
        client_secret: boundClient.clientSecret,
        dpop_bound_access_tokens: true,
        grant_types: ['client_credentials', 'authorization_code'],
        redirect_uris: ['http://127.0.0.1:7317/oauth2/callback'],
        response_types: ['code'],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32), requireNonce: () => false },
    },
  })
  const answer = provider.callback()
  server.on('request', (incoming, response) => void answer(incoming, response))
  return issuer
}
