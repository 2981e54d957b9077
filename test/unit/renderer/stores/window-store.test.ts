import { expect, test } from 'vitest'
import { failureResult, type Host, type LinkState } from '../../../../renderer/host/host.ts'
import { createWindowStore } from '../../../../renderer/stores/window-store.ts'
import type { Snapshot, UiResult } from '../../../../shared/contract/ui-api.ts'
import { fresh, livedIn } from '../../../support/window-host/seed.ts'

const now = Date.parse('2026-11-21T12:00:00Z')

/** A host whose answers and events the test gives by hand, in the order it wants to see. */
function createHandHost() {
  const listeners = new Map<string, (data: never) => void>()
  const waiting: ((answer: UiResult<Snapshot>) => void)[] = []
  let link: (state: LinkState) => void = () => undefined
  const host: Host = {
    kind: 'headless',
    capabilities: { loginItem: false, notifications: false },
    call: () => new Promise((resolve) => waiting.push(resolve as never)),
    subscribe(name, listener) {
      listeners.set(name, listener)
      return () => listeners.delete(name)
    },
    watchLink(listener) {
      link = listener
      return () => undefined
    },
    close: () => undefined,
  }
  return {
    host,
    waiting,
    listeners,
    setLink: (state: LinkState) => link(state),
    emit: (name: string, data: unknown) => listeners.get(name)?.(data as never),
  }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('an event that overtakes the snapshot is not undone by it', async () => {
  const { host, waiting, emit, setLink } = createHandHost()
  const store = createWindowStore(host)
  store.start()
  setLink('online')
  emit('connections', [])
  waiting[0]!({ ok: true, value: livedIn(now) })
  await settle()
  expect(store.getState().snapshot?.connections).toEqual([])
  expect(store.getState().snapshot?.providers).toHaveLength(7)
})

test('an event replaces its part and leaves the others alone', async () => {
  const { host, waiting, emit, setLink } = createHandHost()
  const store = createWindowStore(host)
  store.start()
  setLink('online')
  waiting[0]!({ ok: true, value: livedIn(now) })
  await settle()
  const before = store.getState().snapshot
  emit('apps', [])
  expect(store.getState().snapshot).toEqual({ ...before, apps: [] })
})

test('after each reconnection the state is asked for anew; an answer from before the loss is dropped', async () => {
  const { host, waiting, setLink } = createHandHost()
  const store = createWindowStore(host)
  store.start()
  setLink('online')
  setLink('offline')
  setLink('online')
  expect(waiting).toHaveLength(2)
  waiting[1]!({ ok: true, value: fresh(now) })
  await settle()
  waiting[0]!({ ok: true, value: livedIn(now) })
  await settle()
  expect(store.getState().snapshot?.connections).toEqual([])
})

test('what was known stays in view while Keyway does not answer', async () => {
  const { host, waiting, setLink } = createHandHost()
  const store = createWindowStore(host)
  store.start()
  setLink('online')
  waiting[0]!({ ok: true, value: livedIn(now) })
  await settle()
  setLink('offline')
  setLink('online')
  waiting[1]!({ ok: false, failure: failureResult('internal_error', {}) })
  await settle()
  expect(store.getState().snapshot?.connections).toHaveLength(9)
  expect(store.getState().failure?.code).toBe('internal_error')
})

test('ending the mirror ends every subscription', () => {
  const { host, listeners } = createHandHost()
  const stop = createWindowStore(host).start()
  expect(listeners.size).toBeGreaterThan(5)
  stop()
  expect(listeners.size).toBe(0)
})
