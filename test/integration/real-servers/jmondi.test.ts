// @jmondi/oauth2-server: signed tokens, PKCE demanded, lifetimes of the token's own.
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { jmondiClient, startJmondi } from '../../support/real-servers/jmondi.ts'
import {
  asksAt,
  openKeyway,
  registerByForm,
  signIn,
  tokenOf,
  walkCircle,
} from '../../support/real-servers/circle.ts'

const typed = (origin: string) => ({
  ...jmondiClient,
  scopes: ['read'],
  spec: {
    endpoints: {
      authorization: `${origin}/authorize`,
      token: `${origin}/token`,
      revocation: `${origin}/token/revoke`,
    },
    account: { request: { url: `${origin}/me` }, idPath: 'id', labelPath: 'email' },
  },
})

test('a whole circle with typed addresses', async () => {
  const origin = await startJmondi()
  const opened = await openKeyway()
  const provider = await registerByForm(opened, typed(origin))
  expect(await walkCircle(opened, provider.id, { api: asksAt(`${origin}/me`) })).toMatchObject({
    connection: { account: 'ada@example.test', hasRefreshToken: true, missingScopes: [] },
    api: [200, 200, 401],
    disconnected: 'at_provider',
  })
})

test('the check is green, and without PKCE it finds that PKCE is needed', async () => {
  const origin = await startJmondi()
  const opened = await openKeyway()
  const { ui } = opened.keyway
  const draft = typed(origin)
  const provider = await registerByForm(opened, draft)
  const steps = await ui['providers.doctor']({ id: provider.id })
  expect(steps.filter(({ outcome }) => outcome === 'failed')).toEqual([])

  await ui['providers.update']({
    id: provider.id,
    patch: { spec: { ...draft.spec, authorize: { pkce: 'off' } } },
  })
  const found = (await ui['providers.doctor']({ id: provider.id })).find(({ fix }) => fix !== null)
  expect(found?.fix?.spec).toEqual({ authorize: { pkce: 'S256' } })
})

test('a lifetime shorter than the usual margin is served, to the end that the token has', async () => {
  const origin = await startJmondi('45s')
  const opened = await openKeyway()
  const provider = await registerByForm(opened, typed(origin))
  const { id } = await signIn(opened, provider.id)
  const { token, expiresAt } = await tokenOf(opened, id)
  const end = (decodeJwt(token).exp ?? 0) * 1000
  expect(Math.abs((expiresAt ?? 0) - end)).toBeLessThanOrEqual(2000)
  expect((await tokenOf(opened, id)).token).toBe(token)
})
