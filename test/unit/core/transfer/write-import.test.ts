// An import that fails or is killed at each step: afterwards, and after a restart, either everything or
// nothing is there.
import { beforeAll, describe, expect, test } from 'vitest'
import type { KeyValueStore, RecordStore } from '../../../../electron/core/ports.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { cheapBundle } from '../../../support/cheap-bundle.ts'
import { anApp, aProvider } from '../../../support/builders.ts'
import {
  memoryStores,
  signIn,
  startTestKeyway,
  type MemoryStores,
  type TestKeyway,
} from '../../../support/start-keyway.ts'

const passphrase = 'tin drum, blue whale'
let content = ''

beforeAll(async () => {
  const a = await startTestKeyway()
  for (const slug of ['one', 'two']) {
    const provider = a.keyway.providers.create(aProvider({ slug, name: slug }))
    await signIn(a, { providerId: provider.id, account: `at ${slug}` })
  }
  a.keyway.apps.create(anApp({ name: 'Script' }))
  await a.keyway.ui['settings.update']({ theme: 'dark', activityDays: 7 })
  content = await cheapBundle((await a.keyway.ui['bundle.export']({ passphrase })).content, passphrase)
})

/** Stores that fail at the given step, or from it on. */
function faultyStores(real: MemoryStores): {
  stores: MemoryStores
  fault: { at: number; for: 'once' | 'ever' }
  steps: string[]
} {
  const fault: { at: number; for: 'once' | 'ever' } = { at: Number.POSITIVE_INFINITY, for: 'once' }
  const steps: string[] = []
  const step = (name: string): void => {
    steps.push(name)
    const number = steps.length - 1
    if (fault.for === 'once' ? number === fault.at : number >= fault.at) throw new KeywayError('disk_full')
  }
  const kv = (name: string, store: KeyValueStore): KeyValueStore => ({
    entries: store.entries,
    get: store.get,
    set(key, value) {
      step(`${name}.set`)
      store.set(key, value)
    },
    delete(key) {
      step(`${name}.delete`)
      store.delete(key)
    },
  })
  const records = (name: string, store: RecordStore): RecordStore => ({
    loadAll: store.loadAll,
    read: store.read,
    async put(id, value) {
      step(`${name}.put`)
      await store.put(id, value)
    },
    async remove(id) {
      step(`${name}.remove`)
      await store.remove(id)
    },
    leftovers: store.leftovers,
  })
  const stores = {
    ...real,
    settings: kv('settings', real.settings),
    providers: kv('providers', real.providers),
    apps: kv('apps', real.apps),
    connections: records('connections', real.connections),
    imports: records('imports', real.imports),
  }
  return { stores, fault, steps }
}

const importAll = ({ keyway }: TestKeyway): Promise<unknown> =>
  keyway.ui['bundle.import']({
    content,
    passphrase,
    choices: { providers: {}, connections: {}, apps: {}, keepKeys: [], settings: 'take' },
  })

const shown = ({ keyway }: TestKeyway): unknown => {
  const { providers, connections, apps, settings } = keyway.snapshot()
  return [
    providers.map(({ slug }) => slug),
    connections.map(({ account }) => account),
    apps.map(({ name }) => name),
    [settings.theme, settings.activityDays],
  ]
}
const nothing = [[], [], [], ['system', 90]]
const all = [['one', 'two'], ['at one', 'at two'], ['Script'], ['dark', 7]]

/** The order in which a whole import writes. */
const wholeImport = [
  'imports.put',
  'connections.put',
  'connections.put',
  'providers.set',
  'providers.set',
  'apps.set',
  'settings.set',
  'settings.set',
  'imports.remove',
]

test('an import writes its note first and removes it last', async () => {
  const { stores, steps } = faultyStores(memoryStores())
  const b = await startTestKeyway({ stores })
  steps.length = 0
  await importAll(b)
  expect(steps).toEqual(wholeImport)
  expect(shown(b)).toEqual(all)
})

describe.each(wholeImport.map((name, at) => [at, name] as const))('at step %i (%s)', (at) => {
  test('a disk that refuses leaves nothing, says so, and the next try works', async () => {
    const real = memoryStores()
    const { stores, fault, steps } = faultyStores(real)
    const b = await startTestKeyway({ stores })
    steps.length = 0
    fault.at = at
    await expect(importAll(b)).rejects.toMatchObject({ code: 'disk_full', details: { step: 'save' } })
    expect(shown(b)).toEqual(nothing)
    expect(shown(await startTestKeyway({ stores: real }))).toEqual(nothing)
    await importAll(b)
    expect(shown(b)).toEqual(all)
  })

  test('a process that dies leaves nothing, or all, after the next start', async () => {
    const real = memoryStores()
    const { stores, fault, steps } = faultyStores(real)
    const b = await startTestKeyway({ stores })
    steps.length = 0
    fault.at = at
    fault.for = 'ever'
    await expect(importAll(b)).rejects.toMatchObject({ code: 'disk_full' })
    const next = await startTestKeyway({ stores: real })
    expect(shown(next)).toEqual(nothing)
    await importAll(next)
    expect(shown(next)).toEqual(all)
  })
})

test('nothing is refreshed before the whole import is on disk', async () => {
  const { stores, fault, steps } = faultyStores(memoryStores())
  const b = await startTestKeyway({ stores })
  b.clock.advance(10 * 24 * 3_600_000)
  steps.length = 0
  fault.at = wholeImport.length - 1
  await expect(importAll(b)).rejects.toMatchObject({ code: 'disk_full' })
  b.clock.advance(3_600_000)
  expect(b.server.counts.refreshes).toBe(0)
})

test('a setting that the person changed after a crash stays theirs', async () => {
  const real = memoryStores()
  const { stores, fault, steps } = faultyStores(real)
  const b = await startTestKeyway({ stores })
  steps.length = 0
  fault.at = wholeImport.length - 1
  fault.for = 'ever'
  await expect(importAll(b)).rejects.toMatchObject({ code: 'disk_full' })
  real.settings.set('theme', 'light')
  expect((await startTestKeyway({ stores: real })).keyway.settings.get()).toMatchObject({
    theme: 'light',
    activityDays: 90,
  })
})
