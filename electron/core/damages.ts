import { join } from 'node:path'
import type { Clock, Damage } from './ports.ts'

/** What could not be read since the start, for the window. */
export type Damages = {
  list(): Damage[]
  add(damage: Damage): void
  /** An entry that is JSON but not what belongs there: it stays where it is, untouched. */
  addUnreadable(entry: { store: string; key: string }): void
  onAdded(listener: () => void): void
}

export function createDamages(deps: { clock: Clock; dataFolder: string }): Damages {
  const damages: Damage[] = []
  let notify = (): void => undefined
  const add = (damage: Damage): void => {
    damages.push(damage)
    notify()
  }
  return {
    list: () => [...damages],
    add,
    addUnreadable({ store, key }) {
      const file =
        store === 'connections'
          ? join(deps.dataFolder, store, `${key}.json`)
          : `${join(deps.dataFolder, `${store}.json`)} (entry ${key})`
      add({ file, setAsidePath: file, using: 'nothing', detectedAt: deps.clock.now() })
    },
    onAdded(listener) {
      notify = listener
    },
  }
}
