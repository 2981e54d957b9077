import { createLocalJWKSet, importSPKI, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { assertionMethods, makeAssertion } from '../../../../electron/core/oauth/client-assertion.ts'
import {
  makeClientKey,
  parsePrivateKeys,
  pemOf,
  publicPartOf,
  signingAlgorithmFor,
} from '../../../../electron/core/oauth/client-keys.ts'
import { createEndpointResolver } from '../../../../electron/core/oauth/metadata/endpoints.ts'
import type { ProviderSpecInput } from '../../../../shared/contract/provider-spec.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { authMethods } from '../../../../electron/core/oauth/client-authentication.ts'
import { realClock } from '../../../support/fake-clock.ts'
import { createMemoryLogger } from '../../../support/memory-ports.ts'
import { resolvedProvider } from '../../../support/oauth.ts'

const algorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const
const keysOf = (...keys: ReturnType<typeof makeClientKey>[]): Secret => new Secret(JSON.stringify(keys))
const issuer = 'https://as.example'
const endpoints = { authorization: `${issuer}/authorize`, token: `${issuer}/token` }

const serverOf = (spec: ProviderSpecInput) =>
  createEndpointResolver({
    fetchFor: () => () => Promise.reject(new Error('nothing is asked')),
    clock: realClock,
    logger: createMemoryLogger(),
    userAgent: 'made up',
  }).resolveEndpoints(resolvedProvider(spec), { need: ['token'], discovery: 'when-needed' })

describe('a client assertion', () => {
  it.each(algorithms)('is signed with %s, by a key that its public part verifies', async (algorithm) => {
    const key = makeClientKey(algorithm)
    const spec = { discovery: { issuer }, endpoints, client: { auth: 'private_key_jwt' as const } }
    const provider = resolvedProvider(spec, { clientKeys: keysOf(key) })
    const about = { server: await serverOf(spec), method: 'private_key_jwt', skewSeconds: 0 } as const
    const jwt = await makeAssertion(provider, about)
    const set = createLocalJWKSet({ keys: [{ ...publicPartOf(key) }] })
    const { payload, protectedHeader } = await jwtVerify(jwt, set, {
      issuer: 'made-up-client',
      subject: 'made-up-client',
      audience: issuer,
      maxTokenAge: '1 minute',
    })
    expect(protectedHeader).toEqual({ alg: algorithm, kid: key.kid, typ: 'JWT' })
    expect(payload.exp! - payload.iat!).toBe(60)
    await expect(jwtVerify(jwt, await importSPKI(pemOf(publicPartOf(key)), algorithm))).resolves.toBeDefined()
    const { payload: next } = await jwtVerify(await makeAssertion(provider, about), set)
    expect(next.jti).not.toBe(payload.jti)
  })

  it('follows the clock of the server and names the token endpoint where the issuer is unknown', async () => {
    const spec = { endpoints, client: { auth: 'client_secret_jwt' as const } }
    const provider = resolvedProvider(spec, { clientSecret: 'a-made-up-secret-of-some-length' })
    const server = await serverOf(spec)
    const [method] = assertionMethods('client_secret_jwt', provider, { hasIssuer: server.issuer !== null })
    if (method === undefined) throw new Error('there is no way')
    const jwt = await makeAssertion(provider, { server, method, skewSeconds: 5000 })
    const { payload } = await jwtVerify(jwt, Buffer.from('a-made-up-secret-of-some-length'), {
      audience: endpoints.token,
      currentDate: new Date(Date.now() + 5_000_000),
    })
    expect(payload.iss).toBe('made-up-client')
  })
})

describe('the key of a client', () => {
  it.each(algorithms)('shows nothing private of %s', async (algorithm) => {
    const key = makeClientKey(algorithm)
    const shown = publicPartOf(key)
    expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(['d']))
    expect(JSON.stringify(shown)).not.toContain(key.d)
    expect(pemOf(shown)).toMatch(/^-----BEGIN PUBLIC KEY-----/)
  })

  it.each([
    ['no JSON', 'made up'],
    ['a public key', JSON.stringify([publicPartOf(makeClientKey('ES256'))])],
    ['one key alone', JSON.stringify(makeClientKey('ES256'))],
  ])('is refused as %s, and the refusal shows nothing of it', (_name, text) => {
    expect(() => parsePrivateKeys(new Secret(text))).toThrow('The keys of a client are not private keys.')
  })

  it.each<[string[] | undefined, string]>([
    [undefined, 'ES256'],
    [['RS256', 'ES256'], 'ES256'],
    [['RS256'], 'RS256'],
    [['PS256', 'RS256'], 'PS256'],
    [['EdDSA'], 'EdDSA'],
    [['ES512'], 'ES256'],
  ])('has the algorithm that the server takes: %s', (named, expected) => {
    expect(signingAlgorithmFor({ token_endpoint_auth_signing_alg_values_supported: named })).toBe(expected)
  })
})

describe('the ways to prove the client', () => {
  const key = makeClientKey('ES256')
  const methods = (spec: ProviderSpecInput['client'], more: object, supported: string[] | null = null) =>
    authMethods(resolvedProvider({ client: spec }, more), { supported })
  const [toIssuer, toToken] = ['private_key_jwt', 'private_key_jwt_to_token_endpoint']

  it.each<[string, ProviderSpecInput['client'], object, string[] | null, string[]]>([
    [
      'issuer, then token endpoint',
      { auth: 'private_key_jwt' },
      { clientKeys: keysOf(key) },
      null,
      [toIssuer, toToken],
    ],
    [
      'the newest key first',
      { auth: 'private_key_jwt', assertionAudience: 'issuer' },
      { clientKeys: keysOf(key, makeClientKey('ES256')) },
      null,
      [toIssuer, 'older_key_jwt'],
    ],
    [
      'the token endpoint only',
      { auth: 'private_key_jwt', assertionAudience: 'token_endpoint' },
      { clientKeys: keysOf(key) },
      null,
      [toToken],
    ],
    [
      'a signature with the secret where the server names no other use of it',
      {},
      { clientSecret: 's' },
      ['client_secret_jwt'],
      [
        'client_secret_jwt',
        'client_secret_jwt_to_token_endpoint',
        'client_secret_basic',
        'client_secret_post',
        'basic_with_client_id',
      ],
    ],
    ['a key that is there', {}, { clientKeys: keysOf(key) }, ['private_key_jwt'], [toIssuer, toToken]],
    ['no key where the server wants none', {}, { clientKeys: keysOf(key) }, ['none'], ['none']],
  ])('%s', (_name, spec, more, supported, expected) => {
    expect(methods(spec, more, supported)).toEqual(expected)
  })
})
