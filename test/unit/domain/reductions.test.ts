import fc from 'fast-check'
import { expect, test } from 'vitest'
import { appRecord, type AppRecord, type Grant } from '../../../shared/contract/app.ts'
import { may, type AppUse } from '../../../shared/domain/app-policy.ts'
import { canonicalJson, sameJson } from '../../../shared/domain/canonical-json.ts'
import { isReducedSetting, isReduction } from '../../../shared/domain/reductions.ts'

const NOW = 1_000
const hosts = ['api.example.test', 'files.example.test']
const paths = ['/v1/**', '/v2/**']
const connections = [
  { id: 'con_1', providerId: 'prv_1' },
  { id: 'con_2', providerId: 'prv_2' },
]

const aGrant: fc.Arbitrary<Grant> = fc.record({
  target: fc.constantFrom<Grant['target']>(
    { kind: 'all' },
    { kind: 'provider', providerId: 'prv_1' },
    { kind: 'connection', connectionId: 'con_2' },
  ),
  token: fc.boolean(),
  proxy: fc.boolean(),
  hosts: fc.subarray(hosts),
  methods: fc.subarray<'GET' | 'POST'>(['GET', 'POST']),
  paths: fc.subarray(paths),
  expiresAt: fc.constantFrom(null, NOW - 1, NOW + 1, NOW + 2),
  approval: fc.constantFrom('allow', 'ask'),
})
const aKey = fc.record({
  id: fc.constantFrom('key_1', 'key_2'),
  sha256: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
  createdAt: fc.constant(0),
  expiresAt: fc.constantFrom(null, 5, 10),
})
const anApp: fc.Arbitrary<AppRecord> = fc.record({
  id: fc.constant('app_1'),
  name: fc.constantFrom('Script', 'Other'),
  grants: fc.array(aGrant, { maxLength: 3 }),
  manage: fc.boolean(),
  approve: fc.boolean(),
  origins: fc.subarray(['https://a.example.test', 'https://b.example.test']),
  authProviders: fc.constant([]),
  paused: fc.boolean(),
  keys: fc.array(aKey, { maxLength: 2 }),
  createdAt: fc.constant(0),
  updatedAt: fc.nat(3),
  lastUsedAt: fc.constantFrom(null, 1),
})

const uses: AppUse[] = [
  { what: 'token' },
  ...hosts.flatMap((host) =>
    ['GET', 'POST', 'DELETE'].flatMap((method) =>
      ['/v1/x', '/v2/x', '/v3/x'].map((path) => ({ what: 'proxy' as const, method, host, path })),
    ),
  ),
]
const rank = { deny: 0, ask: 1, allow: 2 } as const
const rights = (app: AppRecord): number[] =>
  uses.flatMap((use) => connections.map((connection) => rank[may(app, use, connection, NOW).kind]))

/** One step that takes something away, or none. */
const aStep: fc.Arbitrary<(app: AppRecord) => AppRecord> = fc.constantFrom(
  (app) => ({ ...app, paused: true }),
  (app) => ({ ...app, manage: false }),
  (app) => ({ ...app, approve: false }),
  (app) => ({ ...app, grants: app.grants.slice(1) }),
  (app) => ({ ...app, keys: app.keys.slice(1) }),
  (app) => ({ ...app, origins: app.origins.slice(1) }),
  (app) => ({ ...app, updatedAt: app.updatedAt + 1, lastUsedAt: 7 }),
  (app) => ({ ...app, grants: app.grants.map((grant) => ({ ...grant, token: false })) }),
  (app) => ({ ...app, grants: app.grants.map((grant) => ({ ...grant, approval: 'ask' as const })) }),
  (app) => ({
    ...app,
    keys: app.keys.map((key) => ({ ...key, expiresAt: Math.min(key.expiresAt ?? 3, 3) })),
  }),
)

test('what counts as a reduction gives no use, key, origin or right that was not there', () => {
  fc.assert(
    fc.property(anApp, anApp, (before, after) => {
      if (!isReduction('apps', before, after)) return
      const [was, is] = [rights(before), rights(after)]
      expect(is.every((right, index) => right <= (was[index] ?? 0))).toBe(true)
      expect(after.manage && !before.manage).toBe(false)
      expect(after.approve && !before.approve).toBe(false)
      expect(before.paused && !after.paused).toBe(false)
      expect(after.origins.every((origin) => before.origins.includes(origin))).toBe(true)
      const hashes = new Set(before.keys.map(({ sha256 }) => sha256))
      expect(after.keys.every(({ sha256 }) => hashes.has(sha256))).toBe(true)
    }),
    { numRuns: 3000 },
  )
})

test('any number of steps that take away are a reduction, and undoing one that took something is none', () => {
  let undone = 0
  fc.assert(
    fc.property(anApp, fc.array(aStep, { maxLength: 6 }), (before, steps) => {
      const after = steps.reduce((app, step) => step(app), before)
      expect(isReduction('apps', before, after)).toBe(true)
      const tookSomething = !rights(before).every((right, index) => right <= (rights(after)[index] ?? 0))
      undone += tookSomething ? 1 : 0
      expect(tookSomething && isReduction('apps', after, before)).toBe(false)
    }),
    { numRuns: 1000 },
  )
  expect(undone).toBeGreaterThan(50)
})

test('a member that nobody knows must stay as it is', () => {
  fc.assert(
    fc.property(anApp, fc.jsonValue(), fc.jsonValue(), (app, was, is) => {
      const before = { ...app, fromTheFuture: was }
      const after = { ...app, fromTheFuture: is }
      expect(isReduction('apps', before, after)).toBe(sameJson(was, is))
      expect(isReduction('apps', app, after)).toBe(false)
    }),
  )
})

const provider = {
  id: 'prv_1',
  allowedHosts: ['a', 'b'],
  extraCa: 'PEM',
  sealedClientSecret: 'kw1.a',
  spec: { endpoints: { token: 'https://a' } },
}

test.each([
  ['a host less', { allowedHosts: ['b'] }, true],
  ['no certificate of its own', { extraCa: null }, true],
  ['no client secret', { sealedClientSecret: null }, true],
  ['another client secret', { sealedClientSecret: 'kw1.b' }, false],
  ['another host', { allowedHosts: ['a', 'c'] }, false],
  ['another certificate', { extraCa: 'OTHER' }, false],
  ['another endpoint', { spec: { endpoints: { token: 'https://b' } } }, false],
  ['an endpoint less', { spec: {} }, false],
])('a provider with %s', (_, change, expected) => {
  expect(isReduction('providers', provider, { ...provider, ...change })).toBe(expected)
})

test('an entry that goes is a reduction, one that comes is none, in every section', () => {
  for (const section of ['providers', 'apps', 'connections'] as const) {
    expect(isReduction(section, provider, undefined)).toBe(true)
    expect(isReduction(section, undefined, provider)).toBe(false)
    expect(isReduction(section, provider, 'no object')).toBe(false)
  }
})

test.each([
  ['proxyUrl', null, 'http://p', false],
  ['proxyUrl', 'http://p', null, false],
  ['extraCa', 'PEM', null, true],
  ['extraCa', null, 'PEM', false],
  ['port', 1, 2, false],
  ['socketDoor', true, false, true],
  ['socketDoor', false, true, false],
  ['autoLockMinutes', 0, 5, true],
  ['autoLockMinutes', 10, 5, true],
  ['autoLockMinutes', 5, 0, false],
  ['autoLockMinutes', 5, 10, false],
  ['activityDays', 90, 91, true],
  ['activityDays', 90, 1, false],
] as const)('setting %s from %s to %s', (name, before, after, expected) => {
  expect(isReducedSetting(name, before, after)).toBe(expected)
})

test('canonical JSON is one text for one value, whatever the order of members, and reads back as the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      const turned = JSON.parse(JSON.stringify(value), (_name, each: unknown) =>
        typeof each === 'object' && each !== null && !Array.isArray(each)
          ? Object.fromEntries(Object.entries(each).toReversed())
          : each,
      ) as unknown
      expect(canonicalJson(turned)).toBe(canonicalJson(value))
    }),
  )
  expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
})

test('the apps of these properties are apps', () => {
  fc.assert(fc.property(anApp, (app) => appRecord.safeParse(app).success))
})
