// Files from elsewhere, and a folder's worth of connections, while programs go on asking for tokens.
import { expect, test } from 'vitest'
import { createBundles } from '../../electron/core/transfer/bundles.ts'
import { createFileReader } from '../../electron/core/transfer/file-reader.ts'
import type { ExistingData } from '../../electron/core/transfer/compatible.ts'
import { sealTokenSet } from '../../electron/core/connections/store/sealed.ts'
import type { SecretBox } from '../../electron/core/vault/status.ts'
import { systemClock } from '../../electron/core/ports.ts'
import type { ConnectionRecord } from '../../shared/contract/connection.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { readForeign } from '../../shared/domain/foreign/foreign.ts'
import { startMemoryCore } from '../support/start-keyway.ts'
import { startRealLocal } from '../support/local-api.ts'

/** Turns that others got while something ran. */
async function turnsDuring(task: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await task().finally(() => (isOver = true))
  return turns
}

const FIVE_MEGABYTES = 5_000_000
const filled = (before: string, piece: string): string =>
  before + piece.repeat(Math.floor((FIVE_MEGABYTES - before.length) / piece.length))

const hostile = [
  ['accounts without end', filled('', 'account "a" {\n auth_uri = "https://a.example.test/a";\n}\n')],
  ['colons', filled('[a@b.c]\ntoken_url = https://a.example.test\n', 'a: : : : : : : : : : : : :\n')],
  ['braces', filled('', '{"a":[')],
  ['YAML', filled('type: collection.insomnia.rest/5.0\n', '- a: [b, {c: d}]\n')],
] as const

const failureOf = async (task: Promise<unknown>): Promise<KeywayError> => {
  const failure: unknown = await task.catch((error: unknown) => error)
  if (failure instanceof KeywayError) return failure
  throw new Error(`no failure: ${JSON.stringify(failure)}`)
}

test.each(hostile)(
  'token calls are answered while five megabytes of %s are read',
  async (_name, text) => {
    const local = await startRealLocal()
    await local.signIn()
    const key = local.addApp()
    const order: string[] = []
    const read = local.keyway.ui['providers.readForeign']({ text, format: 'auto' }).then(
      () => order.push('file'),
      () => order.push('file'),
    )
    for (let call = 0; call < 10; call += 1) {
      const { status } = await local.ask('/api/integrations/rehearsal/token', { key })
      order.push(`token ${status}`)
    }
    await read
    expect(order).toEqual([...Array<string>(10).fill('token 200'), 'file'])
  },
  60_000,
)

test('the control: read on the service’s own thread, such a file blocks every other task', async () => {
  const reader = createFileReader({ clock: systemClock() })
  const [, text] = hostile[1]
  expect(await turnsDuring(async () => readForeign(text, 'auto'))).toBeLessThanOrEqual(1)
  expect(await turnsDuring(() => reader.foreign(text, 'auto').catch(() => null))).toBeGreaterThan(20)
}, 60_000)

test('a file that takes too long or too much is refused in words, and the next one is read as if nothing had been', async () => {
  const [, text] = hostile[1]
  const hasty = createFileReader({ clock: systemClock(), limits: { textMs: 1 } })
  expect(await failureOf(hasty.foreign(text, 'auto'))).toMatchObject({
    code: 'payload_too_large',
    details: { field: 'text' },
  })
  const small = createFileReader({ clock: systemClock(), limits: { megabytes: 32, textMs: 60_000 } })
  const many = JSON.stringify(Array.from({ length: 400_000 }, () => ({ a: {} })))
  const failure = await failureOf(small.provider(many, undefined))
  expect(failure).toMatchObject({ code: 'payload_too_large', details: { field: 'json' } })
  expect(failure.message).toContain('memory')
  expect(await small.foreign('{}', 'auto')).toMatchObject({ kind: 'unreadable' })
}, 90_000)

test('what is wrong with a file is said the same as before, through the thread', async () => {
  const reader = createFileReader({ clock: systemClock() })
  expect(await failureOf(reader.provider('{\n"name": }', undefined))).toMatchObject({
    code: 'invalid_request',
    details: { field: 'json', line: 2 },
  })
  expect(await failureOf(reader.bundle('{}', new Secret('whatever it is')))).toMatchObject({
    code: 'bundle_damaged',
    details: { step: 'envelope' },
  })
})

/** A vault without a cipher: what is measured here is everything else. */
const box: SecretBox = {
  unlocked: true,
  seal: (secret, about) => `${about} ${secret.reveal()}`,
  open: (sealed, about) => new Secret(sealed.slice(about.length + 1)),
  fingerprint: () => '000000000000',
}

async function tenThousand(): Promise<ExistingData> {
  const keyway = await startMemoryCore()
  const provider = keyway.addProvider({ slug: 'slack' })
  const one = await keyway.addConnection('slack')
  const connections = Array.from({ length: 10_000 }, (_each, n): ConnectionRecord => {
    const of = { id: `con_${n}`, providerId: one.providerId, generation: one.generation }
    const set = {
      accessToken: `access-${n}-${'x'.repeat(200)}`,
      refreshToken: `refresh-${n}`,
      tokenType: 'Bearer',
      idToken: null,
      dpopKey: null,
      second: null,
    }
    return {
      ...one,
      ...of,
      account: `account ${n}`,
      isDefault: n === 0,
      sealedTokens: sealTokenSet(box, of, set),
    }
  })
  const { id, slug, name } = provider
  const record = {
    id,
    slug,
    name,
    preset: null,
    clientId: 'client',
    scopes: [],
    secondaryScopes: [],
    parameters: {},
    flow: 'authorization_code',
    redirect: 'auto',
    redirectHost: 'localhost',
    allowedHosts: [],
    privateHosts: [],
    extraCa: null,
    spec: {},
    sealedClientSecret: null,
    clientKeys: [],
    sealedClientKeys: null,
    sealedRegistration: null,
    createdAt: 1,
    updatedAt: 1,
  } as unknown as ReturnType<ExistingData['providers']>[number]
  return {
    providers: () => [record],
    connections: () => connections,
    apps: () => [],
    settings: () => keyway.settings.get(),
    presetSlugs: [],
    takenSlugs: () => [],
    specOf: () => provider.spec,
  }
}

test('ten thousand connections are exported and looked at without holding anybody up', async () => {
  const here = await tenThousand()
  const files = createFileReader({ clock: systemClock() })
  const keyway = await startMemoryCore()
  const bundles = (of: ExistingData) =>
    createBundles({
      localData: of,
      targets: null as never,
      box: counting,
      clock: keyway.clock,
      activity: keyway.activity,
      version: '1',
      files,
      whenRefreshesIdle: () => Promise.resolve(),
      onImported: () => undefined,
    })
  const passphrase = 'tin drum, blue whale'
  let content = ''
  let opened = 0
  let seen = 0
  let mostAtOnce = 0
  const counting: SecretBox = {
    ...box,
    open(sealed, about) {
      opened += 1
      return box.open(sealed, about)
    },
  }
  const look = (): void => {
    mostAtOnce = Math.max(mostAtOnce, opened - seen)
    seen = opened
    if (opened < 10_000) setImmediate(look)
  }
  setImmediate(look)
  const exporting = await turnsDuring(async () => {
    const exported = await bundles(here)['bundle.export']({ passphrase })
    expect(exported.counts.connections).toBe(10_000)
    content = exported.content
  })
  expect(exporting).toBeGreaterThan(100)
  // All of them were opened, and others had their turn between any few of them.
  expect(seen).toBe(10_000)
  expect(mostAtOnce).toBeLessThan(5000)
  const empty: ExistingData = { ...here, providers: () => [], connections: () => [] }
  const inspecting = await turnsDuring(async () => {
    const report = await bundles(empty)['bundle.inspect']({ content, passphrase })
    expect(report.connections).toHaveLength(10_000)
  })
  expect(inspecting).toBeGreaterThan(100)
}, 120_000)
