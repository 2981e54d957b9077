// The order in which a change and the manifest are written, and the result if the disk refuses either.
import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createIntegrity, type Integrity } from '../../../../electron/core/integrity/integrity.ts'
import { decodeManifest } from '../../../../electron/core/integrity/manifest.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import {
  createMemoryKeyValueStore,
  createMemoryLogger,
  createMemoryRecordStore,
} from '../../../support/memory-ports.ts'

const mac = (text: string): string => createHmac('sha256', 'a key of this test').update(text).digest('hex')

function setUp() {
  const steps: string[] = []
  const stores = {
    providers: createMemoryKeyValueStore(),
    apps: createMemoryKeyValueStore({ app_1: { name: 'Script', paused: false, grants: ['one'] } }),
    settings: createMemoryKeyValueStore(),
  }
  let kind: 'unlocked' | 'locked' = 'unlocked'
  let text = ''
  let isFull = false
  const write = (next: string): void => {
    if (isFull) throw new KeywayError('disk_full')
    text = next
    steps.push(`manifest ${manifest()?.pending === null ? 'done' : 'pending'}`)
  }
  const manifest = () => decodeManifest(text, mac, 'vault')
  const integrity: Integrity = createIntegrity({
    vault: {
      state: () => ({ kind, protectors: [], wraps: [] }) as never,
      get identity() {
        return kind === 'unlocked' ? { vaultId: 'vault', format: 2 } : null
      },
      mac: (_purpose, of) => mac(of),
      markSigned: async () => undefined,
    },
    files: {
      read: () => (text === '' ? [] : [{ path: 'integrity.json', text }]),
      write,
      writeFirst: write,
      quarantine: () => undefined,
      quarantineCorrupt: () => undefined,
    },
    stores,
    connections: createMemoryRecordStore(),
    log: {
      isKeyed: false,
      unlock: async () => ({ kind: 'ok', unkeyed: null }),
      accept: () => null,
      lock: () => undefined,
      durableHead: () => null,
      name: () => undefined,
    },
    counter: null,
    note: () => undefined,
    isDamaged: () => false,
    clock: createFakeClock(),
    logger: createMemoryLogger(),
  })
  integrity.attach({
    connections: () => [],
    restore: () => undefined,
    reloadSettings: () => undefined,
    changed: () => undefined,
  })
  integrity.unlocked()
  const [finding] = integrity.view().findings
  // The folder has format 2 and no manifest yet: the person accepts it.
  integrity.decide({ id: finding?.id ?? '', decision: 'use' })
  steps.length = 0
  const inner = stores.apps.set
  stores.apps.set = (key, value) => {
    inner(key, value)
    steps.push('document')
  }
  return {
    integrity,
    stores,
    steps,
    manifest,
    fill: (value: 'full' | 'free') => void (isFull = value === 'full'),
    lock() {
      integrity.locking()
      kind = 'locked'
    },
    unlock() {
      kind = 'unlocked'
      integrity.unlocked()
    },
  }
}

const PAUSED = { name: 'Script', paused: true, grants: ['one'] }
const WIDER = { name: 'Script', paused: false, grants: ['one', 'two'] }

test('a change is noted before it is made and after it', () => {
  const { integrity, steps, manifest } = setUp()
  integrity.stores.apps.set('app_1', WIDER)
  expect(steps).toEqual(['manifest pending', 'document', 'manifest done'])
  expect(manifest()?.apps).toEqual({ app_1: WIDER })
})

test('a use that is noted writes no manifest', () => {
  const { integrity, steps } = setUp()
  integrity.stores.apps.set('app_1', { name: 'Script', paused: false, grants: ['one'], lastUsedAt: 5 })
  expect(steps).toEqual(['document'])
})

test('a disk that refuses the note refuses the change; nothing has changed then', () => {
  const { integrity, stores, fill, manifest } = setUp()
  fill('full')
  expect(() => integrity.stores.apps.set('app_1', WIDER)).toThrow('disk is full')
  expect(stores.apps.get('app_1')).toMatchObject({ grants: ['one'] })
  fill('free')
  integrity.stores.apps.set('app_1', WIDER)
  expect(manifest()?.apps).toEqual({ app_1: WIDER })
})

test('a disk that refuses the document leaves what was, and the next unlock finds nothing', () => {
  const all = setUp()
  all.stores.apps.failNext(new KeywayError('disk_full'))
  expect(() => all.integrity.stores.apps.set('app_1', WIDER)).toThrow('disk is full')
  all.lock()
  all.unlock()
  expect(all.integrity.view()).toMatchObject({ findings: [] })
  expect(all.manifest()).toMatchObject({ pending: null, apps: { app_1: { grants: ['one'] } } })
})

test('while locked, taking away is stored at once and vouched for at the unlock; what was taken does not come back', () => {
  const all = setUp()
  all.lock()
  expect(() => all.integrity.stores.apps.set('app_1', WIDER)).toThrow('locked')
  all.integrity.stores.apps.set('app_1', PAUSED)
  all.unlock()
  expect(all.integrity.view().findings).toEqual([])
  expect(all.manifest()?.apps).toEqual({ app_1: PAUSED })
  all.lock()
  all.stores.apps.set('app_1', { name: 'Script', paused: false, grants: ['one'] })
  all.unlock()
  expect(all.integrity.view().findings).toMatchObject([{ kind: 'app', how: 'changed' }])
})

test('the counter rises with every write', () => {
  const { integrity, manifest } = setUp()
  const before = manifest()?.counter ?? 0
  integrity.stores.apps.set('app_1', WIDER)
  integrity.stores.apps.set('app_1', PAUSED)
  expect(manifest()?.counter).toBe(before + 4)
})
