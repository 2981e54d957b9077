// Two people whose identifiers differ where a double no longer tells them apart, at a server that sends raw
// JSON.
import { describe, expect, test } from 'vitest'
import type { Flow } from '../../shared/contract/flow.ts'
import { aConnect, aProvider } from '../support/builders.ts'
import { makeOAuthClient, resolvedProvider, answerOf, grantOf } from '../support/oauth.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { startAnswering, type Answering } from '../support/providers/answering-server.ts'
import { startLocalInMemory, startRealLocal, startUpstream } from '../support/local-api.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { createKeywayClient } from '../../shared/client/keyway-client.ts'
import { parseJson } from '../../shared/domain/exact-json.ts'

const ADA = '948493988897554433'
const BOB = '948493988897554434'

/** What the server says next, as raw text; its token is named after the person. */
type Says = { identity: string; token?: string; type?: string }

async function startProvider(): Promise<{ server: Answering; says: Says }> {
  const says: Says = { identity: '{}' }
  const server = await startAnswering((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://any')
    if (pathname === '/token') {
      const text = says.token ?? '{"access_token":"token-of-nobody","token_type":"Bearer","expires_in":3600}'
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    } else response.writeHead(200, { 'content-type': says.type ?? 'application/json' }).end(says.identity)
  })
  return { server, says }
}

const specAt = (origin: string) => ({
  endpoints: {
    authorization: `${origin}/authorize`,
    token: `${origin}/token`,
    userinfo: `${origin}/userinfo`,
  },
  api: { baseUrl: origin },
})

const jwtOf = (payload: string): string =>
  [`{"alg":"RS256"}`, payload].map((part) => Buffer.from(part).toString('base64url')).join('.') + '.x'

describe('two people whose numbers differ in the last digit', () => {
  async function startSignedIn() {
    const { server, says } = await startProvider()
    const opened = await openTestKeyway(tempFolder())
    const { keyway } = opened
    const spec = specAt(server.origin)
    const account = {
      request: { method: 'GET' as const, url: `${server.origin}/me`, headers: {}, body: null },
    }
    const provider = keyway.providers.create(aProvider({ spec: { ...spec, account } }))
    const signIn = async (id: string, name: string, connectionId: string | null = null): Promise<Flow> => {
      says.identity = `{"id":${id},"login":"${name}"}`
      says.token = `{"access_token":"token-of-${name}","refresh_token":"refresh-of-${name}","token_type":"Bearer","expires_in":3600}`
      const flow = await keyway.connections.connect(
        aConnect({ providerId: provider.id, open: 'link-only', connectionId }),
      )
      if (flow.kind !== 'waiting_for_browser') throw new Error(`the sign-in is ${flow.kind}`)
      const state = new URL(flow.authorizationUrl).searchParams.get('state') ?? ''
      const result = await keyway.flows.callback(new URLSearchParams({ code: 'made-up', state }), null)
      if (result.flow === null) throw new Error(`refused: ${JSON.stringify(result.failure)}`)
      return result.flow
    }
    const tokenOf = async (connectionId: string): Promise<string> => {
      const result = await keyway.tokens.get(connectionId, {})
      return result.kind === 'ok' ? result.token.accessToken.reveal() : result.kind
    }
    return { opened, keyway, signIn, tokenOf }
  }

  const connectionIn = (flow: Flow): string => {
    if (flow.kind !== 'done') throw new Error(`the sign-in ended as ${flow.kind}`)
    return flow.connectionId
  }

  test('end as two connections, and each gets its own token', async () => {
    const { opened, keyway, signIn, tokenOf } = await startSignedIn()
    const ada = connectionIn(await signIn(ADA, 'ada'))
    const bob = connectionIn(await signIn(BOB, 'bob'))
    expect(ada).not.toBe(bob)
    expect(keyway.connections.list().map(({ identity }) => identity.id)).toEqual([ADA, BOB])
    expect(await tokenOf(ada)).toBe('token-of-ada')
    expect(await tokenOf(bob)).toBe('token-of-bob')
    // The control: the same person again is no further connection.
    expect(connectionIn(await signIn(ADA, 'ada'))).toBe(ada)
    expect(keyway.connections.list()).toHaveLength(2)
    await opened.close()
  })

  test('on a reconnect the person is asked about the other account, and nothing is replaced before', async () => {
    const { opened, keyway, signIn, tokenOf } = await startSignedIn()
    const ada = connectionIn(await signIn(ADA, 'ada'))
    expect(await signIn(BOB, 'bob', ada)).toMatchObject({
      kind: 'confirming_account',
      about: 'other_account',
      was: 'ada',
      is: 'bob',
    })
    expect(await tokenOf(ada)).toBe('token-of-ada')
    expect(keyway.connections.get(ada)?.identity.id).toBe(ADA)
    await opened.close()
  })
})

describe('an identifier keeps its digits wherever it stands', () => {
  test.each([
    ['a number', `{"id":${ADA}}`],
    ['a number with a point', `{"id":${ADA}.0}`],
    ['after a byte order mark', `\uFEFF{"id":${ADA}}`],
    ['the last of two', `{"id":1,"id":${ADA}}`],
    ['sub before id', `{"id":7,"sub":${ADA}}`],
  ])('in the identity reply: %s', async (_name, identity) => {
    const { server, says } = await startProvider()
    const request = { method: 'GET' as const, url: `${server.origin}/me`, headers: {}, body: null }
    const provider = resolvedProvider({ ...specAt(server.origin), account: { request } })
    says.identity = identity
    const answer = await tokensFor(provider)
    expect((await makeOAuthClient().identify(provider, grantOf(answer))).id).toBe(ADA)
  })

  test('deep in arrays, by the path of the provider', async () => {
    const { server, says } = await startProvider()
    const request = { method: 'GET' as const, url: `${server.origin}/me`, headers: {}, body: null }
    const account = { request, idPath: 'data.people[1].ref.id' }
    const provider = resolvedProvider({ ...specAt(server.origin), account })
    says.identity = `{"data":{"people":[{},{"ref":{"id":-${BOB}}}]},"__proto__":{"id":1}}`
    const answer = await tokensFor(provider)
    expect((await makeOAuthClient().identify(provider, grantOf(answer))).id).toBe(`-${BOB}`)
  })

  test('what is true of everybody identifies nobody, and a long identifier is not cut', async () => {
    const { server, says } = await startProvider()
    const request = { method: 'GET' as const, url: `${server.origin}/me`, headers: {}, body: null }
    const provider = resolvedProvider({ ...specAt(server.origin), account: { request } })
    const answer = await tokensFor(provider)
    const idOf = async (identity: string) => {
      says.identity = identity
      return (await makeOAuthClient().identify(provider, grantOf(answer))).id
    }
    expect(await idOf('{"id":true}')).toBeNull()
    const long = 'x'.repeat(400)
    expect(await idOf(`{"id":"${long}1"}`)).toBe(`${long}1`)
    expect(await idOf('{"id":"007"}')).toBe('007')
    expect(await idOf('{"id":9007199254740993}')).toBe('9007199254740993')
    expect(await idOf('{"id":1e20}')).toBe('100000000000000000000')
  })

  test.each([
    ['JSON', 'application/json', (claims: string) => claims],
    ['a signed JWT', 'application/jwt', jwtOf],
  ])('in userinfo as %s', async (_name, type, written) => {
    const { server, says } = await startProvider()
    const provider = resolvedProvider(specAt(server.origin))
    const answer = await tokensFor(provider)
    says.type = type
    says.identity = written(`{"sub":${ADA},"email":"ada@example.test"}`)
    expect(await makeOAuthClient().identify(provider, grantOf(answer))).toMatchObject({
      id: ADA,
      label: 'ada@example.test',
    })
  })

  test('in an id_token, checked against userinfo to the last digit', async () => {
    const { server, says } = await startProvider()
    const issuer = server.origin
    const provider = resolvedProvider({
      ...specAt(server.origin),
      discovery: { issuer },
    })
    const now = Math.floor(Date.now() / 1000)
    const idToken = jwtOf(
      `{"iss":"${issuer}","aud":"made-up-client","sub":${ADA},"iat":${now},"exp":${now + 600}}`,
    )
    says.token = `{"access_token":"t","token_type":"Bearer","expires_in":3600,"id_token":"${idToken}"}`
    const answer = await tokensFor(provider)
    says.identity = `{"sub":${ADA},"email":"ada@example.test"}`
    const client = makeOAuthClient()
    expect(await client.identify(provider, grantOf(answer))).toMatchObject({
      id: ADA,
      label: 'ada@example.test',
    })
    says.identity = `{"sub":${BOB},"email":"bob@example.test"}`
    expect(await client.identify(provider, grantOf(answer))).toMatchObject({ id: ADA, label: null })
  })
})

describe('a token keeps its digits', () => {
  test.each([
    ['JSON', `{"access_token":${ADA},"refresh_token":${BOB},"token_type":"Bearer","expires_in":3600}`],
    ['a form', `access_token=${ADA}&refresh_token=${BOB}&token_type=bearer&expires_in=3600`],
  ])('as a number in %s', async (_name, token) => {
    const { server, says } = await startProvider()
    says.token = token
    const answer = await tokensFor(resolvedProvider(specAt(server.origin)))
    expect(answer.accessToken.reveal()).toBe(ADA)
    expect(answer.refreshToken?.reveal()).toBe(BOB)
    expect(answer.lifetimeSeconds).toBe(3600)
  })

  test('an account named in the token reply is whole, and a lifetime beyond measure has no end', async () => {
    const { server, says } = await startProvider()
    says.token = `{"access_token":"t","token_type":"Bearer","expires_in":99999999999999999999,"user":{"id":${ADA}}}`
    const provider = resolvedProvider({
      ...specAt(server.origin),
      token: { paths: { accountId: 'user.id' } },
    })
    const answer = await tokensFor(provider)
    expect(answer.accountId).toBe(ADA)
    expect(answer.expiresAt).toBeNull()
  })
})

describe('what else a provider names by number', () => {
  test('a device code and the code for the person', async () => {
    let polled = ''
    const server = await startAnswering((request, response) => {
      request.on('data', (chunk: Buffer) => (polled = String(chunk)))
      const text = request.url?.startsWith('/device')
        ? `{"device_code":${ADA},"user_code":12345678,"verification_uri":"https://provider.example.test/device","expires_in":600,"interval":0.01}`
        : '{"error":"access_denied"}'
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    })
    const endpoints = { deviceAuthorization: `${server.origin}/device`, token: `${server.origin}/token` }
    const provider = resolvedProvider({ endpoints })
    const code = await makeOAuthClient().startDevice(provider, ['read'])
    expect(code.userCode).toBe('12345678')
    const waiting = makeOAuthClient().pollDevice(provider, code, new AbortController().signal)
    await expect(waiting).rejects.toMatchObject({ code: 'access_denied' })
    expect(new URLSearchParams(polled).get('device_code')).toBe(ADA)
  })

  test('a client that a server has registered', async () => {
    const server = await startAnswering((request, response) => {
      const { origin } = server
      const metadata = {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        registration_endpoint: `${origin}/register`,
        response_types_supported: ['code'],
      }
      const client = `{"client_id":${ADA},"client_secret":${BOB},"client_secret_expires_at":0}`
      response
        .writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' })
        .end(request.method === 'POST' ? client : JSON.stringify(metadata))
    })
    const provider = resolvedProvider({ discovery: { issuer: server.origin } })
    const client = await makeOAuthClient().register(provider, {
      redirectUris: ['http://127.0.0.1:7317/oauth2/callback'],
      scopes: [],
    })
    expect(client.clientId).toBe(ADA)
    expect(client.clientSecret?.reveal()).toBe(BOB)
  })
})

/** A sign-in at the provider, as far as the tokens. */
async function tokensFor(provider: ReturnType<typeof resolvedProvider>) {
  const client = makeOAuthClient()
  const { authorizationState } = await client.authorize(provider, {
    redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
    scopes: ['read'],
    secondaryScopes: [],
    loginHint: null,
    prompt: null,
    optionalParams: {},
  })
  return answerOf(
    await client.exchange(
      provider,
      authorizationState,
      new URLSearchParams({ code: 'made-up', state: authorizationState.state }),
    ),
  )
}

describe('a request described as JSON', () => {
  test('reaches the API with each number as it was written, and the reply comes back as it is', async () => {
    const reply = `{"id":${BOB},"at":1.0}`
    let received = ''
    const upstream = await startUpstream((request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.toString('utf8')))
      request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(reply))
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const send = async (data: string): Promise<string> => {
      received = ''
      const answer = await local.call('/api/integrations/slack/request', {
        key: local.key,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"method":"POST","url":"/x","data":${data}}`,
      })
      expect(await answer.text()).toBe(reply)
      return received
    }
    for (const data of [
      `{"id":${ADA},"list":[${BOB},-0,1e20,1.50,0.1],"plain":7}`,
      ADA,
      `[12345678901234567890123456789012345678901]`,
      `{"plain":[1,2,3]}`,
      `"${ADA}"`,
    ]) {
      expect(await send(data)).toBe(data.startsWith('"') ? ADA : data)
    }
    // The client library sends what JavaScript can hold; text stands for the rest.
    const client = createKeywayClient({ url: local.url, key: local.key })
    const answer = await client.request('slack', { method: 'POST', url: '/x', data: { id: ADA } })
    expect(parseJson(await answer.text())).toEqual({ id: BOB, at: 1 })
  })

  test('an identifier given as a number to the local API is its digits', async () => {
    const local = await startRealLocal()
    const answer = await local.call('/api/integrations', {
      key: local.addApp({ manage: true }),
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"slug":"numbers","name":"Numbers","clientId":${ADA},"spec":{"endpoints":{"authorization":"https://provider.example.test/a","token":"https://provider.example.test/t"}}}`,
    })
    expect(await answer.text()).toContain(`"clientId":"${ADA}"`)
  })
})
