// oauth2-mock-server, whose answers a test changes: signed userinfo, other lifetimes.
import { randomUUID } from 'node:crypto'
import { Events, OAuth2Server } from 'oauth2-mock-server'
import { onTestFinished } from 'vitest'

export async function startMockServer(): Promise<{ server: OAuth2Server; issuer: string }> {
  const server = new OAuth2Server()
  await server.issuer.keys.generate('RS256')
  await server.start(0, '127.0.0.1')
  onTestFinished(() => server.stop())
  const issuer = `http://127.0.0.1:${server.address().port}`
  server.issuer.url = issuer
  return { server, issuer }
}

/** The claims of whoever signs in. */
export function signInAs({ service }: OAuth2Server, claims: { sub: string; email: string }): void {
  // Two tokens of the same second would be the same.
  service.on(Events.BeforeTokenSigning, ({ payload }) =>
    Object.assign(payload, claims, { jti: randomUUID() }),
  )
  service.on(Events.BeforeUserinfo, (answer) => (answer.body = claims))
}
