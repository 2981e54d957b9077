import type { RecordStore } from '../../../electron/core/ports.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { SeededRandom } from './seeded-random.ts'

export type FaultyDisk = RecordStore & {
  /** Nothing can be written until it is mended. */
  state: 'fine' | 'full' | 'read-only'
  /** No sudden failures either. */
  isReliable: boolean
  readonly refusedWrites: number
  /** Sees every record once it is durable. */
  onDurable: ((value: unknown) => void) | null
}

/** A disk that now and then takes nothing; what it has taken it keeps. */
export function createFaultyDisk(inner: RecordStore, random: SeededRandom): FaultyDisk {
  let refusedWrites = 0
  const disk: FaultyDisk = {
    state: 'fine',
    isReliable: false,
    onDurable: null,
    get refusedWrites() {
      return refusedWrites
    },
    loadAll: inner.loadAll,
    read: inner.read,
    remove: inner.remove,
    async put(id, value) {
      if (disk.state !== 'fine' || (!disk.isReliable && random.chance(0.01))) {
        refusedWrites += 1
        throw new KeywayError(disk.state === 'read-only' ? 'save_failed' : 'disk_full')
      }
      await inner.put(id, value)
      disk.onDurable?.(value)
    },
  }
  return disk
}
