// One run of the process. When it is cut off, everything that it would still do to the world (files,
// requests, timers) is left undone, in the middle of whatever it was doing: what `kill -9` does at an await.
import type { OAuthClient } from '../../../electron/core/oauth/types.ts'
import type { Clock, KeyValueStore, RecordStore } from '../../../electron/core/ports.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import type { FakeOAuthClient } from '../../support/fake-oauth-client.ts'
import type { MemoryStores } from '../../support/start-keyway.ts'

export type Life = {
  readonly alive: boolean
  /** kill -9. */
  cut(): void
  /** Called in front of every effect with its name; may cut the life. */
  onEffect: ((name: string) => void) | null
  /**
   * Runs an asynchronous effect with a chance to die in front of it, and after it before anybody learns of
   * it.
   */
  around<Result>(name: string, task: () => Promise<Result>): Promise<Result>
  clock(clock: FakeClock): FakeClock
  /** What is written to `connections` dies at its files, see faulty-files. */
  stores(stores: MemoryStores): MemoryStores
  oauth(oauth: FakeOAuthClient): FakeOAuthClient
}

const forever = new Promise<never>(() => undefined)

export function startLife(): Life {
  let alive = true
  const effect = (name: string): void => life.onEffect?.(name)
  const around = async <Result>(name: string, task: () => Promise<Result>): Promise<Result> => {
    effect(`before ${name}`)
    if (!alive) return forever
    const result = await task().then(
      (value) => ({ ok: true as const, value }),
      (error: unknown) => ({ ok: false as const, error }),
    )
    effect(`after ${name}`)
    if (!alive) return forever
    if (result.ok) return result.value
    throw result.error
  }
  const records = (store: RecordStore, name: string): RecordStore => ({
    loadAll: () => store.loadAll(),
    read: (id) => around(`${name} read`, () => store.read(id)),
    put: (id, value) => around(`${name} put`, () => store.put(id, value)),
    remove: (id) => around(`${name} remove`, () => store.remove(id)),
    leftovers: () => store.leftovers(),
  })
  const entries = (store: KeyValueStore): KeyValueStore => ({
    entries: () => store.entries(),
    get: (key) => store.get(key),
    set: (key, value) => (alive ? store.set(key, value) : undefined),
    delete: (key) => (alive ? store.delete(key) : undefined),
  })

  const life: Life = {
    get alive() {
      return alive
    },
    cut() {
      alive = false
    },
    onEffect: null,
    around,
    clock: (clock) => ({
      ...clock,
      now: clock.now,
      monotonicMs: clock.monotonicMs,
      get waiting() {
        return clock.waiting
      },
      after: timersOf(clock, () => alive),
    }),
    stores: (stores) => ({
      settings: entries(stores.settings),
      providers: entries(stores.providers),
      apps: entries(stores.apps),
      vault: stores.vault,
      imports: records(stores.imports, 'import'),
      connections: stores.connections,
    }),
    oauth(oauth) {
      const wrapped: OAuthClient = {
        ...oauth,
        refresh: (...args) => around('refresh', () => oauth.refresh(...args)),
      }
      return Object.assign(wrapped, oauth, { refresh: wrapped.refresh })
    },
  }
  return life
}

function timersOf(clock: Clock, isAlive: () => boolean): Clock['after'] {
  return (delayMs, task) => clock.after(delayMs, () => (isAlive() ? task() : undefined))
}
