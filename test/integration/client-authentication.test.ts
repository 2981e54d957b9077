// A confidential client at a server of which nobody has said how it wants to be authenticated: whichever step
// comes first finds out.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { Secret } from '../../shared/contract/secret.ts'
import { answerOf, grantOf, makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import { always, startAnswering } from '../support/providers/answering-server.ts'

const secret = 'made:up%secret'
const request = {
  redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
  scopes: ['read'],
  secondaryScopes: [],
  loginHint: null,
  prompt: null,
  optionalParams: {},
}

/** Where this server looks for id and secret. */
const places = {
  body: (body: URLSearchParams) => body.get('client_secret') === secret,
  'Basic, undecoded': (_body: URLSearchParams, basic: string) => basic === `made-up-client:${secret}`,
  'Basic, with the client id in the body as well': (body: URLSearchParams, basic: string) =>
    basic === `made-up-client:${new URLSearchParams({ '': secret }).toString().slice(1)}` &&
    body.get('client_id') === 'made-up-client',
}

/** In which words different servers refuse a client. */
const refusals: ReadonlyArray<readonly [status: number, body: object | string]> = [
  [401, { error: 'invalid_client' }],
  [403, { error: 'unauthorized_client' }],
  [400, { error: 'invalid_request', error_description: 'client_id is missing' }],
  [401, ''],
  [403, ''],
  [403, 'Forbidden'],
  [403, '<html><body>403 Forbidden</body></html>'],
]

async function startServer(
  isRight: (body: URLSearchParams, basic: string) => boolean,
  [status, refusal]: (typeof refusals)[number] = [401, { error: 'invalid_client' }],
) {
  const answers: Record<string, object> = {
    '/par': { request_uri: 'urn:made-up', expires_in: 60 },
    '/device': {
      device_code: 'made-up-device',
      user_code: 'ABCD',
      verification_uri: 'https://as.example/activate',
      expires_in: 600,
    },
    '/token': { access_token: 'at', token_type: 'Bearer' },
    '/revoke': {},
  }
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of incoming) text += String(chunk)
    const header = (incoming.headers.authorization ?? '').replace(/^Basic /, '')
    const fine = isRight(new URLSearchParams(text), Buffer.from(header, 'base64').toString())
    const body = answers[incoming.url ?? ''] ?? {}
    always(fine ? 200 : status, fine ? body : refusal)(incoming, response)
  }
  const { origin } = await startAnswering((incoming, response) => void answer(incoming, response))
  const endpoints = {
    authorization: `${origin}/authorize`,
    token: `${origin}/token`,
    deviceAuthorization: `${origin}/device`,
    pushedAuthorization: `${origin}/par`,
    revocation: `${origin}/revoke`,
  }
  return resolvedProvider({ endpoints, authorize: { par: 'always' } }, { clientSecret: secret })
}

const cases = refusals.flatMap((refusal) =>
  Object.entries(places).map(([place, isRight]) => ({
    place,
    isRight,
    refusal,
    words: JSON.stringify(refusal),
  })),
)

it.each(cases)('the secret belongs in $place, else $words', async ({ isRight, refusal }) => {
  const provider = await startServer(isRight, refusal)
  const client = makeOAuthClient()
  const { url } = await client.authorize(provider, request)
  expect(new URL(url).searchParams.get('request_uri')).toBe('urn:made-up')
  expect(await client.startDevice(provider, ['read'])).toMatchObject({ userCode: 'ABCD' })
  const answer = answerOf(await client.clientCredentials(provider, ['read']))
  expect(await client.revoke(provider, grantOf(answer))).toMatchObject({ revoked: 'at_provider' })
})

it.each(cases)(
  'a revocation that comes first finds it too: $place, else $words',
  async ({ isRight, refusal }) => {
    const provider = await startServer(isRight, refusal)
    const grant = {
      refreshToken: new Secret('made-up-refresh'),
      accessToken: new Secret('made-up-access'),
      scopes: [],
      redirectUri: null,
      dpopKey: null,
      values: {},
    }
    expect(await makeOAuthClient().revoke(provider, grant)).toMatchObject({ revoked: 'at_provider' })
  },
)

it('what one endpoint accepted is tried first at the next', async () => {
  const asked: string[] = []
  const provider = await startServer((body, basic) => {
    asked.push(body.has('client_secret') ? 'body' : basic === '' ? 'none' : 'Basic')
    return body.get('client_secret') === secret
  })
  const client = makeOAuthClient()
  await client.startDevice(provider, [])
  answerOf(await client.clientCredentials(provider, []))
  expect(asked).toEqual(['Basic', 'body', 'body'])
})

it.each([
  [401, ''],
  [403, 'Forbidden'],
])('a bare %i to every way names the client as the cause', async (status, body) => {
  const provider = await startServer(() => false, [status, body])
  expect(await makeOAuthClient().clientCredentials(provider, [])).toMatchObject({
    kind: 'config_error',
    code: `http_${status}`,
    nextStep: expect.stringContaining('client id and client secret') as string,
  })
})

it('a wrong secret is a failure of the setup, whichever step finds it', async () => {
  const provider = await startServer(() => false)
  const client = makeOAuthClient()
  await expect(client.authorize(provider, request)).rejects.toMatchObject({ code: 'config_error' })
  await expect(client.startDevice(provider, [])).rejects.toMatchObject({ code: 'config_error' })
  expect(await client.clientCredentials(provider, [])).toMatchObject({ code: 'invalid_client' })
})

/** The token endpoint of a server that looks at the code, and at the client only before or after that. */
async function checkedProvider(first: 'client' | 'code', auth: 'auto' | 'client_secret_basic') {
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of incoming) text += String(chunk)
    const header = (incoming.headers.authorization ?? '').replace(/^Basic /, '')
    const body = new URLSearchParams(text)
    const fine = places['Basic, with the client id in the body as well'](
      body,
      Buffer.from(header, 'base64').toString(),
    )
    if (incoming.url?.startsWith('/authorize') === true) return always(200, 'Sign in')(incoming, response)
    const isClientsFault = first === 'client' && !fine
    always(isClientsFault ? 401 : 400, { error: isClientsFault ? 'invalid_client' : 'invalid_grant' })(
      incoming,
      response,
    )
  }
  const { origin } = await startAnswering((incoming, response) => void answer(incoming, response))
  const endpoints = { authorization: `${origin}/authorize`, token: `${origin}/token` }
  const provider = resolvedProvider({ endpoints, client: { auth } }, { clientSecret: secret })
  const about = {
    redirectUri: request.redirectUri,
    choosesHost: false,
    scopes: ['read'],
    flow: 'authorization_code' as const,
  }
  const steps = await makeOAuthClient().checkProvider(provider, about)
  return steps.find(({ name }) => name === 'Token request')
}

it('the check accepts what the token call would do, and suggests it where the setup forbids it', async () => {
  expect(await checkedProvider('client', 'auto')).toMatchObject({ outcome: 'ok' })
  expect(await checkedProvider('client', 'client_secret_basic')).toMatchObject({
    outcome: 'failed',
    fix: { spec: { client: { auth: 'auto' } } },
  })
})

it('the check does not vouch for a client that the server did not look at', async () => {
  expect(await checkedProvider('code', 'auto')).toMatchObject({
    outcome: 'warning',
    explanation: expect.stringContaining('the client is not checked') as string,
  })
})
