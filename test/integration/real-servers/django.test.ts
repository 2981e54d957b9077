// Django OAuth Toolkit (Debian: python3-django-oauth-toolkit): a real login and consent, metadata behind a
// slash, and addresses typed by hand.
import { describe, expect, test } from 'vitest'
import { pythonWith } from '../../../scripts/machine/find-program.ts'
import { findForms } from '../../support/robot-browser.ts'
import { startPython } from '../../support/real-servers/python-server.ts'
import {
  type ActOnPage,
  asksAt,
  openKeyway,
  registerByForm,
  visit,
  walkCircle,
} from '../../support/real-servers/circle.ts'

const python = pythonWith(['oauth2_provider'])

/** Fills in the login, then presses Authorize. */
const ada: ActOnPage = ({ html, url }) => {
  const form = findForms(html, url).find(({ method }) => method === 'POST')
  if (form === undefined) return null
  const typed: Record<string, string> = { username: 'ada', password: 'made-up-password' }
  const fields = form.fields.map(({ name, value }): [string, string] => [name, typed[name] ?? value])
  return { url: form.action, method: 'POST', form: new URLSearchParams(fields) }
}
const person = (url: string): Promise<URL> => visit(url, ada)

describe.skipIf(python === null)('Django OAuth Toolkit', () => {
  const start = (): Promise<string> => startPython(python ?? '', 'django_server.py', [])

  test('a whole circle by the issuer, whose metadata names no revocation', async () => {
    const origin = await start()
    const opened = await openKeyway()
    const provider = await registerByForm(opened, {
      scopes: ['openid', 'read'],
      spec: { discovery: { issuer: `${origin}/o` } },
    })
    const api = asksAt(`${origin}/me`)
    expect(await walkCircle(opened, provider.id, { person, api })).toMatchObject({
      connection: { identity: { id: '1' }, hasRefreshToken: true, missingScopes: [] },
      api: [200, 200, 200],
      disconnected: 'local_only',
    })
    const steps = await opened.keyway.ui['providers.doctor']({ id: provider.id })
    expect(steps.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  })

  test('a whole circle with typed addresses, of which no slash may be left out', async () => {
    const origin = await start()
    const opened = await openKeyway()
    const spec = {
      endpoints: {
        authorization: `${origin}/o/authorize/`,
        token: `${origin}/o/token/`,
        revocation: `${origin}/o/revoke_token/`,
      },
      account: { request: { url: `${origin}/me` }, idPath: 'id', labelPath: 'email' },
    }
    const provider = await registerByForm(opened, { scopes: ['read'], spec })
    const api = asksAt(`${origin}/me`)
    expect(await walkCircle(opened, provider.id, { person, api })).toMatchObject({
      connection: { account: 'ada@example.test' },
      api: [200, 200, 403],
      disconnected: 'at_provider',
    })
    const { ui } = opened.keyway
    const wrong = { ...spec, endpoints: { ...spec.endpoints, token: `${origin}/o/token` } }
    await ui['providers.update']({ id: provider.id, patch: { spec: wrong } })
    const found = (await ui['providers.doctor']({ id: provider.id })).find(({ fix }) => fix !== null)
    expect(found?.fix?.spec).toEqual({ endpoints: { token: `${origin}/o/token/` } })
  })
})
