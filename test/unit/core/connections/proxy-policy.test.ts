// The hosts that a connection's requests may reach, and the check of the API's own.
import { expect, test } from 'vitest'
import { checkApiHost, proxyPolicy } from '../../../../electron/core/connections/proxy-policy.ts'
import { providerSpec } from '../../../../shared/contract/provider-spec.ts'

const provider = (
  baseUrl: string | null,
  lists: { allowedHosts?: string[]; privateHosts?: string[] } = {},
) => ({
  clientId: 'made-up',
  parameters: {},
  allowedHosts: [],
  privateHosts: [],
  extraCa: null,
  ...lists,
  spec: providerSpec.parse({ api: { baseUrl } }),
})

const resolving =
  (...addresses: string[]) =>
  () =>
    Promise.resolve(addresses)

test('an API in a private network is named by the check, and its fix allows exactly that host', async () => {
  const before = provider('https://api.corp.example:8443/v1', { privateHosts: ['nas.local'] })
  const [step] = await checkApiHost(before, resolving('10.0.0.5', 'fd12::5'))
  expect(step).toMatchObject({ name: 'API host', outcome: 'failed' })
  expect(step?.explanation).toContain('api.corp.example:8443')
  expect(step?.fix?.privateHosts).toEqual(['nas.local', 'api.corp.example:8443'])
  const after = { ...before, privateHosts: step?.fix?.privateHosts ?? [] }
  expect(await checkApiHost(after, resolving('10.0.0.5'))).toMatchObject([{ outcome: 'ok', fix: null }])
})

test.each([
  ['a public API', provider('https://api.example.com'), resolving('93.184.216.34')],
  [
    'an API with a public and a private address',
    provider('https://api.example.com'),
    resolving('10.0.0.5', '93.184.216.34'),
  ],
  ['an API on this machine', provider('http://127.0.0.1:4000/api'), resolving('127.0.0.1')],
])('%s is fine', async (_what, of, resolve) => {
  expect(await checkApiHost(of, resolve)).toMatchObject([{ outcome: 'ok', fix: null }])
})

test.each([
  ['without a base address', provider(null), resolving('10.0.0.5')],
  [
    'a host that is known after the sign-in only',
    provider('https://{token.instance}/api'),
    resolving('10.0.0.5'),
  ],
  [
    'a name that cannot be resolved here',
    provider('https://api.example.com'),
    () => Promise.reject(new Error('ENOTFOUND')),
  ],
])('nothing is said of %s', async (_what, of, resolve) => {
  expect(await checkApiHost(of, resolve)).toEqual([])
})

test('a private address written out among the allowed hosts counts as private', () => {
  const of = provider('https://api.example.com', { allowedHosts: ['10.0.0.5:8080', 'files.example.com'] })
  expect(proxyPolicy(of, of.spec, { values: {} }).privateHosts).toEqual(['10.0.0.5:8080'])
})
