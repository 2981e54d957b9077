// A provider puts its tokens everywhere: under every path that a description can name, in other writings, in
// parts. None of it comes to stand in a field that is shown, in a file, in the log or in an error.
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { accountSpec, type ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import { jsonPath } from '../../shared/contract/provider-template.ts'
import { tokenSpec } from '../../shared/contract/provider-token-spec.ts'
import { aConnect, aProvider } from '../support/builders.ts'
import { startUpstream } from '../support/local-api.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { leavesOf, sparseWith } from '../support/spec-leaves.ts'
import { tempFolder } from '../support/temp-folder.ts'

const CLIENT_SECRET = `cs-${randomBytes(18).toString('base64url')}`
const random = (name: string): string => `${name}-${randomBytes(24).toString('base64url')}`

const writings: ReadonlyArray<(secret: string) => string> = [
  (secret) => secret,
  (secret) => `Token ${secret} of ada`,
  (secret) => secret.toUpperCase(),
  (secret) => encodeURIComponent(secret),
  (secret) => Buffer.from(`user:${secret}`).toString('base64'),
  (secret) => secret.split('').join(' '),
  (secret) => secret.slice(4, 20),
  (secret) => `${'x'.repeat(490)}${secret}`,
]

type Server = {
  origin: string
  secrets: string[]
  refuse: boolean
  visible: string
  write: (secret: string) => string
}

async function startServer(): Promise<Server> {
  const secrets = [CLIENT_SECRET]
  const state: Server = {
    origin: '',
    secrets,
    refuse: false,
    visible: random('seen'),
    write: (secret) => secret,
  }
  const fresh = (name: string): string => {
    const made = random(name)
    secrets.push(made)
    return made
  }
  const upstream = await startUpstream(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host')
    const bearer = (request.headers.authorization ?? '').replace(/^\w+ /, '')
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const sent = new URLSearchParams(body)
    response.setHeader('content-type', 'application/json')
    if (pathname === '/token') {
      const [access, refresh] = [fresh('at'), fresh('rt')]
      const echo = state.write(access)
      if (state.refuse) {
        response.statusCode = 400
        const old = sent.get('refresh_token') ?? sent.get('code') ?? ''
        response.end(
          JSON.stringify({
            error: 'odd_refusal',
            error_description: state.write(old),
            access_token: access,
            again: echo,
          }),
        )
        return
      }
      response.end(
        JSON.stringify({
          access_token: access,
          refresh_token: refresh,
          token_type: 'bearer',
          expires_in: 3600,
          scope: `read ${state.visible}`,
          echo,
          echoes: [echo, state.write(refresh)],
          deep: { echo: state.write(refresh), [access]: access },
        }),
      )
      return
    }
    const echo = state.write(bearer)
    response.end(
      JSON.stringify({
        id: state.visible,
        label: echo,
        echo,
        token: bearer,
        items: [
          { id: echo, label: echo },
          { id: 'one', label: echo },
        ],
      }),
    )
  })
  return Object.assign(state, { origin: upstream.url })
}

type Run = { opened: OpenedKeyway; folder: string; server: Server }

async function startRun(): Promise<Run> {
  const folder = tempFolder()
  const opened = await openTestKeyway(folder)
  onTestFinished(() => opened.close())
  return { opened, folder, server: await startServer() }
}

let providers = 0

async function signIn({ opened: { keyway }, server }: Run, spec: ProviderSpecInput): Promise<string | null> {
  providers += 1
  const { origin } = server
  const provider = keyway.providers.create(
    aProvider({
      slug: `echo-${providers}`,
      clientSecret: CLIENT_SECRET,
      spec: { ...spec, endpoints: { authorization: `${origin}/authorize`, token: `${origin}/token` } },
    }),
  )
  const flow = await keyway.connections.connect(aConnect({ providerId: provider.id, open: 'link-only' }))
  if (flow.kind !== 'waiting_for_browser') throw new Error(flow.kind)
  const code = random('code')
  server.secrets.push(code)
  const state = new URL(flow.authorizationUrl).searchParams.get('state') ?? ''
  const { flow: ended } = await keyway.flows.callback(
    new URLSearchParams({ code, state, extra: server.write(code) }),
  )
  return ended?.kind === 'done' ? ended.connectionId : null
}

/** Everything that a person, an app or somebody with the folder can see. */
async function everything({ opened: { keyway }, folder }: Run): Promise<string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [readFileSync(join(entry.parentPath, entry.name)).toString('latin1')] : [],
  )
  const activity = await keyway.activity.query({ limit: 1000 })
  return (
    JSON.stringify([keyway.snapshot(), keyway.connections.list(), keyway.flows.list(), activity]) +
    files.join('\n')
  )
}

/** Fragments of twelve characters, whatever their case, and the base64 of the whole. */
function found(text: string, secrets: readonly string[]): string[] {
  const lower = text.toLowerCase()
  const packed = lower.replaceAll(/[^a-z0-9]/g, '')
  return secrets.flatMap((secret) => {
    const low = secret.toLowerCase()
    const parts = Array.from({ length: low.length - 11 }, (_, at) => low.slice(at, at + 12))
    const base = Buffer.from(`user:${secret}`).toString('base64').slice(8, -4)
    const letters = low.replaceAll(/[^a-z0-9]/g, '')
    const hit = parts.find((part) => lower.includes(part)) ?? (text.includes(base) ? 'base64' : undefined)
    return hit === undefined && !packed.includes(letters) ? [] : [`${secret.slice(0, 3)}: ${hit ?? 'packed'}`]
  })
}

const isPath = (text: unknown): boolean => jsonPath.safeParse(text).success
const tokenPathLeaves = leavesOf(tokenSpec).filter(
  ({ schema }) => schema.safeParse('echo').success && !schema.safeParse('a b').success && isPath('echo'),
)
const accountPathLeaves = leavesOf(accountSpec).filter(
  ({ schema, name }) => name.endsWith('Path') && schema.safeParse('echo').success,
)

const specs: Array<[name: string, (origin: string) => ProviderSpecInput]> = [
  ...tokenPathLeaves.flatMap((leaf) =>
    ['echo', 'refresh_token'].map((place): [string, () => ProviderSpecInput] => [
      `token.${leaf.name} = ${place}`,
      () => ({ token: sparseWith(tokenSpec, leaf.path, place) as object }),
    ]),
  ),
  ...accountPathLeaves.flatMap((leaf) =>
    ['echo', 'token', 'label', 'items[0].id'].map(
      (place): [string, (origin: string) => ProviderSpecInput] => [
        `account.${leaf.name} = ${place}`,
        (origin) => {
          const request = { url: `${origin}/me` }
          const resource = {
            url: `${origin}/items`,
            itemsPath: 'items',
            idPath: 'id',
            labelPath: 'label',
            urlPath: 'label',
            bindAs: 'site',
          }
          const [, part = ''] = /^resource\.(\w+)$/.exec(leaf.name) ?? []
          const account =
            part === ''
              ? { request, [leaf.name]: place }
              : { request, resource: { ...resource, [part]: part === 'itemsPath' ? 'items' : place } }
          return { account }
        },
      ],
    ),
  ),
  [
    'a value for a template',
    () => ({
      api: {
        baseUrl: 'https://api.test/{token.echo}/{token.deep.echo}',
        headers: { 'x-a': '{token.echoes[0]}' },
      },
    }),
  ],
  [
    'a value of the identity for a template',
    (origin) => ({
      account: { request: { url: `${origin}/me` } },
      api: { headers: { 'x-a': '{identity.echo}' } },
    }),
  ],
  [
    'a parameter of the callback',
    () => ({ authorize: { callbackParams: ['extra', 'code'] }, scopes: { grantedInCallback: 'extra' } }),
  ],
]

test('the places that a description can name are found in the schema', () => {
  expect(tokenPathLeaves.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'paths.scope',
      'paths.accountLabel',
      'success.errorPath',
      'errorInSuccess.errorPath',
    ]),
  )
  expect(accountPathLeaves.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['labelPath', 'idPath', 'resource.labelPath']),
  )
  expect(specs.length).toBeGreaterThan(50)
})

test('a token under any path that a description can name comes out nowhere', async () => {
  const run = await startRun()
  let signedIn = 0
  // Every path is tried, each in the next writing.
  for (const [index, [, spec]] of specs.entries()) {
    run.server.write = writings[index % writings.length]!
    if ((await signIn(run, spec(run.server.origin))) !== null) signedIn += 1
  }
  expect(signedIn).toBeGreaterThan(specs.length / 2)
  const seen = await everything(run)
  expect(found(seen, run.server.secrets)).toEqual([])
  // What is no secret and stands at the same places is kept: the search would have seen it.
  expect(found(seen, [run.server.visible])).not.toEqual([])
}, 120_000)

const main =
  /^(?:token\.(?:paths\.(?:scope|accountLabel|accountId)|errorInSuccess\.errorPath) = echo|account\.labelPath = echo|a .*)$/

test.each(writings.map((write, index) => [index, write] as const))(
  'a token in a visible field comes out nowhere at sign-in and refresh, in writing %i',
  async (_index, write) => {
    const run = await startRun()
    run.server.write = write
    for (const [name, spec] of specs) {
      const id = main.test(name) ? await signIn(run, spec(run.server.origin)) : null
      if (id !== null) await run.opened.keyway.connections.refresh(id)
    }
    const seen = await everything(run)
    expect(run.server.secrets.length).toBeGreaterThan(15)
    expect(found(seen, run.server.secrets)).toEqual([])
    expect(found(seen, [run.server.visible])).not.toEqual([])
  },
  60_000,
)

test.each(writings.map((write, index) => [index, write] as const))(
  'a refusal that echoes what was sent shows none of it, in writing %i',
  async (_index, write) => {
    const run = await startRun()
    run.server.write = write
    const id = await signIn(run, {})
    run.server.refuse = true
    const { keyway } = run.opened
    await keyway.connections.refresh(id ?? '').catch(() => undefined)
    await signIn(run, {})
    await signIn(run, { token: { errorInSuccess: { errorPath: 'again' } } })
    const seen = await everything(run)
    expect(keyway.connections.get(id ?? '')?.lastOutcome.message).toContain('odd_refusal')
    expect(found(seen, run.server.secrets)).toEqual([])
    expect(found(`${seen} ${run.server.secrets[1]?.slice(3, 17)}`, run.server.secrets)).not.toEqual([])
  },
  60_000,
)
