// Authlib (Debian: python3-authlib, python3-flask): clients of every kind, registered by the address alone.
import { describe, expect, test } from 'vitest'
import { pythonWith } from '../../../scripts/machine/find-program.ts'
import { startPython } from '../../support/real-servers/python-server.ts'
import {
  asksAt,
  openKeyway,
  registerByUrl,
  signInByDevice,
  tokenOf,
  walkCircle,
} from '../../support/real-servers/circle.ts'

const python = pythonWith(['authlib', 'flask'])
const startAuthlib = (methods: readonly string[]): Promise<string> =>
  startPython(python ?? '', 'authlib_server.py', [JSON.stringify(methods)])

describe.skipIf(python === null)('Authlib', () => {
  test.each(['client_secret_basic', 'client_secret_post', 'none', 'client_secret_jwt', 'private_key_jwt'])(
    'a whole circle with a client registered as %s',
    async (method) => {
      const issuer = await startAuthlib([method])
      const opened = await openKeyway()
      const provider = await registerByUrl(opened, issuer)
      expect(provider.spec.client.auth).toBe(method)
      const { ui } = opened.keyway
      expect(await walkCircle(opened, provider.id, { api: asksAt(`${issuer}/userinfo`) })).toMatchObject({
        connection: { account: 'ada@example.test', hasRefreshToken: true, missingScopes: [] },
        api: [200, 200, 401],
        disconnected: 'at_provider',
      })
      const steps = await ui['providers.doctor']({ id: provider.id })
      expect(steps.filter(({ outcome }) => outcome === 'failed' || outcome === 'warning')).toEqual([])
    },
  )

  test('a device code', async () => {
    const issuer = await startAuthlib(['client_secret_basic'])
    const opened = await openKeyway()
    const provider = await registerByUrl(opened, issuer, { flow: 'device_code' })
    const connection = await signInByDevice(opened, provider.id)
    expect(connection).toMatchObject({ account: 'ada@example.test' })
    expect((await tokenOf(opened, connection.id, 'refused')).token).not.toBe('')
  })
})
