// One click: what the check suggests is applied by the window's own call, and the circle that did not work
// does. The servers are real ones where one behaves so, and doubles where none does.
import { describe, expect, it } from 'vitest'
import type { OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { withOverrides } from '../../renderer/lib/spec-overrides.ts'
import type { ProviderInputDraft, ProviderView } from '../../shared/contract/provider.ts'
import type { ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import { aConnect } from '../support/builders.ts'
import { boundClient, startBoundServer } from '../support/providers/bound-server.ts'
import { startNonConformantServer } from '../support/providers/non-conformant-server.ts'
import type { ServerRules } from '../support/providers/server-rules.ts'
import { openKeyway, registerByForm, signIn, tokenOf } from '../support/real-servers/circle.ts'
import { addresses, together } from './quirks/quirk.ts'

const secret = 'made-up-client-secret'
const me = { 'GET /api/me': () => ({ id: 'u1', email: 'ada@example.test' }) }

type Spec = ProviderSpecInput | ((origin: string) => ProviderSpecInput)
type Wrong = { rules: ServerRules; spec: Spec; draft?: Partial<ProviderInputDraft> }

async function startWrong({ rules, spec, draft = {} }: Wrong) {
  const server = await startNonConformantServer({ client: { secret }, api: me, ...rules })
  const opened = await openKeyway()
  const provider = await registerByForm(opened, {
    clientSecret: secret,
    ...draft,
    spec: together(addresses(server.origin, rules), typeof spec === 'function' ? spec(server.origin) : spec),
  })
  return { server, opened, provider }
}

/** Presses the one suggestion of the check, as the window does. */
async function pressFix({ keyway }: OpenedKeyway, { id }: ProviderView): Promise<ProviderView> {
  const steps = await keyway.ui['providers.doctor']({ id })
  const fixes = steps.flatMap(({ fix }) => (fix === null ? [] : [fix]))
  const [fix, ...more] = fixes
  if (fix === undefined || more.length > 0) throw new Error(`not one fix: ${JSON.stringify(steps)}`)
  const overrides = keyway.providers.find(id)?.overrides
  const spec = withOverrides(overrides, fix.spec) as Record<string, unknown>
  const patch = fix.scopes === undefined ? { spec } : { spec, scopes: fix.scopes }
  return (await keyway.ui['providers.update']({ id, patch })).provider
}

async function circle(opened: OpenedKeyway, { id }: ProviderView): Promise<string> {
  const connection = await signIn(opened, id)
  await tokenOf(opened, connection.id)
  return (await tokenOf(opened, connection.id, 'refused')).token
}

describe('a click on the fix of the check makes the circle work', () => {
  it.each<[string, Wrong]>([
    ['the body as JSON', { rules: { token: { format: 'json' } }, spec: {} }],
    ['the body as a form', { rules: {}, spec: { token: { format: 'json' } } }],
    [
      'the client in the body',
      {
        rules: { client: { secret, auth: 'post' } },
        spec: { client: { auth: 'client_secret_basic' } },
      },
    ],
    [
      'the client by Basic',
      {
        rules: { client: { secret, auth: 'basic' } },
        spec: { client: { auth: 'client_secret_post' } },
      },
    ],
    [
      'no resource, refused at the sign-in page',
      {
        rules: { authorize: { forbidden: ['resource'] } },
        spec: { resources: ['https://api.example.test/'] },
      },
    ],
    [
      'no resource, refused at the token endpoint',
      {
        rules: { token: { forbidden: ['resource'] } },
        spec: { resources: ['https://api.example.test/'] },
      },
    ],
    [
      'a scope left out',
      {
        rules: { authorize: { required: { scope: /^read write$/ } } },
        spec: {},
        draft: { scopes: ['read', 'made-up', 'write'] },
      },
    ],
  ])('%s', async (_name, wrong) => {
    const { opened, provider } = await startWrong(wrong)
    await expect(circle(opened, provider)).rejects.toThrow(/"kind":"failed"|The sign-in stops/)
    const mended = await pressFix(opened, provider)
    expect(await circle(opened, mended)).not.toBe('')
    const steps = await opened.keyway.ui['providers.doctor']({ id: provider.id })
    expect(steps.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  })

  const client = { flow: 'client_credentials' as const, scopes: [] }
  it.each<[string, Wrong, object]>([
    [
      'a token under another name',
      {
        rules: { reply: ({ access_token: accessToken, ...rest }) => ({ ...rest, accessToken }) },
        spec: {},
        draft: client,
      },
      { token: { paths: { accessToken: 'accessToken' } } },
    ],
    [
      'a token one level below',
      { rules: { reply: (fields) => ({ data: fields, ok: 'yes' }) }, spec: {}, draft: client },
      { token: { paths: { accessToken: 'data.access_token' } } },
    ],
    [
      'no resource',
      {
        rules: { token: { forbidden: ['resource'] } },
        spec: { resources: ['https://api.example.test/'] },
        draft: client,
      },
      { resources: [] },
    ],
    [
      'a scope left out',
      {
        rules: {
          token: { required: { scope: /^read$/ } },
          failure: (code, description) => ({
            status: 400,
            body: { error: description.startsWith('scope') ? 'invalid_scope' : code },
          }),
        },
        spec: {},
        draft: { flow: 'client_credentials', scopes: ['read', 'made-up'] },
      },
      {},
    ],
  ])('for the client itself: %s', async (_name, wrong, expected) => {
    const { opened, provider } = await startWrong(wrong)
    const connect = () =>
      opened.keyway.connections.connect(aConnect({ providerId: provider.id, account: 'robot' }))
    expect(await connect()).toMatchObject({ kind: 'failed' })
    const mended = await pressFix(opened, provider)
    expect(mended.overrides).toMatchObject(expected)
    expect(await connect()).toMatchObject({ kind: 'done' })
  })

  it('for the client itself: tokens bound to a key, at oidc-provider', async () => {
    const issuer = await startBoundServer()
    const opened = await openKeyway()
    const provider = await registerByForm(opened, {
      ...boundClient,
      ...client,
      spec: { discovery: { issuer } },
    })
    const connect = () =>
      opened.keyway.connections.connect(aConnect({ providerId: provider.id, account: 'robot' }))
    expect(await connect()).toMatchObject({ kind: 'failed' })
    expect((await pressFix(opened, provider)).spec.dpop).toBe('always')
    expect(await connect()).toMatchObject({ kind: 'done' })
  })

  it('for a device code: the client in the body', async () => {
    const { opened, provider } = await startWrong({
      rules: { client: { secret, auth: 'post' } },
      spec: (origin) => ({
        client: { auth: 'client_secret_basic' },
        endpoints: { deviceAuthorization: `${origin}/device` },
      }),
      draft: { flow: 'device_code' },
    })
    const connect = () => opened.keyway.connections.connect(aConnect({ providerId: provider.id }))
    expect(await connect()).toMatchObject({ kind: 'failed' })
    await pressFix(opened, provider)
    expect(await connect()).toMatchObject({ kind: 'showing_code' })
  })
})

it('a sign-in whose answer has the token under another name says where it is', async () => {
  const { opened, provider } = await startWrong({
    rules: { reply: (fields) => ({ data: fields }) },
    spec: {},
  })
  await expect(signIn(opened, provider.id)).rejects.toThrow(
    /provider_response_invalid.*read the access token at \\"data\.access_token\\"/,
  )
})
