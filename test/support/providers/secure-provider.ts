// An authorization server with its API behind TLS that no system trusts. One request a connection, so that a
// proxy in between counts them.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { testCertificates } from '../certificates/certificates.ts'

export type SecureProvider = {
  /** `https://localhost:<port>` */
  origin: string
  /** Paths in the order in which they were asked for. */
  asked: string[]
}

export async function startSecureProvider(): Promise<SecureProvider> {
  const asked: string[] = []
  let issued = 0
  const answerTo = (path: string, origin: string): object => {
    if (path.startsWith('/.well-known/')) {
      return {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        userinfo_endpoint: `${origin}/userinfo`,
        revocation_endpoint: `${origin}/revoke`,
        device_authorization_endpoint: `${origin}/device`,
        response_types_supported: ['code'],
      }
    }
    if (path === '/token') {
      issued += 1
      return {
        access_token: `made-up-access-${issued}`,
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: `made-up-refresh-${issued}`,
      }
    }
    if (path === '/userinfo') return { sub: 'u-1', email: 'ada@example.test' }
    if (path === '/device') {
      return {
        device_code: 'made-up-device-code',
        user_code: 'ABCD',
        verification_uri: `${origin}/d`,
        expires_in: 600,
        interval: 600,
      }
    }
    return { ok: true }
  }
  const server = createServer(
    { cert: testCertificates.certificate, key: testCertificates.key },
    (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'https://localhost')
      asked.push(pathname)
      request.resume().on('end', () => {
        response.setHeader('content-type', 'application/json')
        response.setHeader('connection', 'close')
        response.end(JSON.stringify(answerTo(pathname, origin)))
      })
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()))
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`
  return { origin, asked }
}
