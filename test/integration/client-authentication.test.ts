// A confidential client at a server of which nobody has said how it wants to be authenticated: whichever step
// comes first finds out.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { answerOf, makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
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
}

/** In which words different servers refuse a client. */
const refusals: ReadonlyArray<readonly [status: number, error: string]> = [
  [401, 'invalid_client'],
  [403, 'unauthorized_client'],
]

async function startServer(
  isRight: (body: URLSearchParams, basic: string) => boolean,
  [status, error]: (typeof refusals)[number] = [401, 'invalid_client'],
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
  }
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of incoming) text += String(chunk)
    const header = (incoming.headers.authorization ?? '').replace(/^Basic /, '')
    const fine = isRight(new URLSearchParams(text), Buffer.from(header, 'base64').toString())
    const body = answers[incoming.url ?? ''] ?? {}
    always(fine ? 200 : status, fine ? body : { error })(incoming, response)
  }
  const { origin } = await startAnswering((incoming, response) => void answer(incoming, response))
  const endpoints = {
    authorization: `${origin}/authorize`,
    token: `${origin}/token`,
    deviceAuthorization: `${origin}/device`,
    pushedAuthorization: `${origin}/par`,
  }
  return resolvedProvider({ endpoints, authorize: { par: 'always' } }, { clientSecret: secret })
}

const cases = refusals.flatMap((refusal) =>
  Object.entries(places).map(([place, isRight]) => ({ place, isRight, refusal, words: refusal.join(' ') })),
)

it.each(cases)('the secret belongs in $place, else $words', async ({ isRight, refusal }) => {
  const provider = await startServer(isRight, refusal)
  const client = makeOAuthClient()
  const { url } = await client.authorize(provider, request)
  expect(new URL(url).searchParams.get('request_uri')).toBe('urn:made-up')
  expect(await client.startDevice(provider, ['read'])).toMatchObject({ userCode: 'ABCD' })
  answerOf(await client.clientCredentials(provider, ['read']))
})

it('a wrong secret is a failure of the setup, whichever step finds it', async () => {
  const provider = await startServer(() => false)
  const client = makeOAuthClient()
  await expect(client.authorize(provider, request)).rejects.toMatchObject({ code: 'config_error' })
  await expect(client.startDevice(provider, [])).rejects.toMatchObject({ code: 'config_error' })
  expect(await client.clientCredentials(provider, [])).toMatchObject({ code: 'invalid_client' })
})
