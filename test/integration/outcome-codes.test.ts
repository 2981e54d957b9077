// What each failure of a provider is called, by cause: at a sign-in, at a refresh, for a device code and for
// the client itself. Each code means one thing and has one way out.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { aConnect, aProvider } from '../support/builders.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { always, startAnswering } from '../support/providers/answering-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void
type Codes = { signIn: string; refresh: string; device: string; client: string }
const tokens = {
  access_token: 'made-up-access',
  refresh_token: 'made-up-refresh',
  expires_in: 3600,
  token_type: 'Bearer',
}

/** Connects while the server is well, then lets it answer so, and tries everything. */
async function codesFor(answer: Answer): Promise<{ codes: Codes; nextSteps: string[] }> {
  const state: { answer: Answer } = { answer: always(200, tokens) }
  const { origin } = await startAnswering((request, response) => state.answer(request, response))
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(() => opened.close())
  const provider = opened.keyway.providers.create(
    aProvider({
      spec: {
        endpoints: {
          authorization: `${origin}/authorize`,
          token: `${origin}/token`,
          deviceAuthorization: `${origin}/device`,
        },
      },
    }),
  )
  const connectionId = await signIn(opened, provider.id)
  state.answer = answer
  const refreshed = await opened.keyway.tokens.get(connectionId, { rejected: 'current' })
  const kinds = ['device_code', 'client_credentials'] as const
  const failed = [
    await failureOf(() => signIn(opened, provider.id, 'grace')),
    ...(await Promise.all(
      kinds.map((kind) => failureOf(() => started(opened, { providerId: provider.id, kind, account: kind }))),
    )),
  ]
  const [signedIn = '', device = '', client = ''] = failed.map(({ code }) => code)
  const refresh = refreshed.kind === 'ok' ? 'ok' : refreshed.failure.code
  return {
    codes: { signIn: signedIn, refresh, device, client },
    nextSteps: failed.map(({ nextStep }) => nextStep),
  }
}

async function started({ keyway }: OpenedKeyway, draft: Parameters<typeof aConnect>[0]): Promise<void> {
  const flow = await keyway.connections.connect(aConnect(draft))
  if (flow.kind === 'failed') throw Object.assign(new Error(flow.failure.message), flow.failure)
}

async function signIn({ keyway }: OpenedKeyway, providerId: string, account = 'ada'): Promise<string> {
  const flow = await keyway.connections.connect(aConnect({ providerId, open: 'link-only', account }))
  if (flow.kind !== 'waiting_for_browser') throw new Error(flow.kind)
  const state = new URL(flow.authorizationUrl).searchParams.get('state') ?? ''
  const ended = (await keyway.flows.callback(new URLSearchParams({ code: 'made-up', state }))).flow
  if (ended?.kind === 'failed') throw Object.assign(new Error(ended.failure.message), ended.failure)
  if (ended?.kind !== 'done') throw new Error(ended?.kind)
  return ended.connectionId
}

const failureOf = (work: () => Promise<unknown>): Promise<{ code: string; nextStep: string }> =>
  work().then(
    () => ({ code: 'ok', nextStep: '' }),
    (error: unknown) => error as { code: string; nextStep: string },
  )

const html = (status: number) =>
  always(status, '<!doctype html><h1>Sign in</h1>', { 'content-type': 'text/html' })
const says = (status: number, error: string) => always(status, { error })
/** No answer: the network, or the address of the host. */
const nothing: ReadonlyArray<[string, Answer]> = [
  ['a connection that is cut', (request) => void request.socket.destroy()],
  [
    'an answer that breaks off',
    (request, response) => {
      response.writeHead(200, { 'content-length': 99 }).write('{"acc', () => request.socket.destroy())
    },
  ],
]
/** An answer that says "later". */
const later: ReadonlyArray<[string, Answer]> = [
  ['503', always(503, '')],
  ['500 with a page', html(500)],
  ['429', always(429, '')],
  ['temporarily_unavailable', says(400, 'temporarily_unavailable')],
]
/** An answer that the protocol does not allow. */
const unreadable: ReadonlyArray<[string, Answer]> = [
  ['a page', html(200)],
  ['an empty body', always(200, '')],
  ['torn JSON', always(200, '{"access_tok')],
  ['JSON without what was asked for', always(200, { hello: 'world' })],
  ['a redirect to a page', always(302, '', { location: '/login' })],
]
/** A setting is wrong: an address, the format, the client, the scopes. */
const setting: ReadonlyArray<[string, Answer]> = [
  ['404', always(404, '')],
  ['405', always(405, '')],
  ['415', always(415, '')],
  ['a moved address', always(308, '', { location: 'https://other.example/token' })],
  ['invalid_client', says(401, 'invalid_client')],
  ['unauthorized_client', says(400, 'unauthorized_client')],
  ['invalid_scope', says(400, 'invalid_scope')],
  ['unsupported_grant_type', says(400, 'unsupported_grant_type')],
  ['invalid_target', says(400, 'invalid_target')],
  ['invalid_dpop_proof', says(400, 'invalid_dpop_proof')],
]
/** Refused in a way that a setting explains at a first request, and the end of the token at a refresh. */
const settingOrEnded: ReadonlyArray<[string, Answer]> = [
  ['invalid_request', says(400, 'invalid_request')],
  ['401 without a reason', always(401, '')],
  ['403 without a reason', always(403, '')],
]
/** The provider refuses for a reason of its own. */
const refused: ReadonlyArray<[string, Answer]> = [
  ['invalid_grant', says(400, 'invalid_grant')],
  ['access_denied', says(400, 'access_denied')],
  ['an error of its own', says(400, 'quota_exceeded')],
  ['400 without a reason', always(400, '')],
]

const all = (code: string, refresh: string): Codes => ({ signIn: code, device: code, client: code, refresh })

describe.each([
  ['provider_unreachable', 'retrying', [...nothing, ...later]],
  ['provider_response_invalid', 'retrying', unreadable],
  ['config_error', 'config_error', setting],
  ['config_error', 'token_expired', settingOrEnded],
  ['provider_error', 'token_expired', refused],
] as const)('%s, and %s at a refresh', (code, refresh, causes) => {
  it.each(causes)('%s', async (_cause, answer) => {
    expect((await codesFor(answer)).codes).toEqual(all(code, refresh))
  })
})

it.each(later)('%s does not blame the network', async (_cause, answer) => {
  const { nextSteps } = await codesFor(answer)
  expect(nextSteps.filter((step) => /network/i.test(step))).toEqual([])
})

it.each(nothing)('%s does', async (_cause, answer) => {
  const { nextSteps } = await codesFor(answer)
  expect(nextSteps.every((step) => /network/i.test(step))).toBe(true)
})
