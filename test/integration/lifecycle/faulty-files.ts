// The file calls under the real store of records, on real files, with a disk that now and then takes nothing.
// They are synchronous inside, so that one seed is one order of events; fsync is left out, because a killed
// process loses nothing that was written.
import { closeSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import type { FileOps, OpenFile } from '../../../electron/core/storage/durable-file.ts'
import { systemError } from '../../support/faulty-file-ops.ts'
import type { SeededRandom } from './seeded-random.ts'

export type FaultyFiles = {
  /** Nothing can be written until it is mended. */
  state: 'fine' | 'full' | 'read-only'
  /** No sudden failures either. */
  isReliable: boolean
  readonly refused: number
  /**
   * For one run of the process; `around` may end it in front of any call, or behind it before anybody learns
   * of it.
   */
  opsFor(around: <Result>(name: string, task: () => Promise<Result>) => Promise<Result>): FileOps
}

/** A sudden failure, as of a cable that is loose. */
const SUDDENLY = 0.001

export function createFaultyFiles(random: SeededRandom): FaultyFiles {
  let refused = 0
  const refuse = (code: string): never => {
    refused += 1
    throw systemError(code)
  }
  const check = (): void => {
    if (files.state === 'read-only') refuse('EROFS')
    if (!files.isReliable && random.chance(SUDDENLY)) refuse('EIO')
  }
  const number = (handle: OpenFile): number => handle.fd
  const torn = new Set<number>()

  const files: FaultyFiles = {
    state: 'fine',
    isReliable: false,
    get refused() {
      return refused
    },
    opsFor: (around) => ({
      open: (path, flags, mode) =>
        around('open', async () => {
          check()
          return { fd: openSync(path, flags, mode) }
        }),
      write: (handle, data) =>
        around('write', async () => {
          check()
          if (files.state !== 'full') return writeSync(number(handle), data)
          // A full disk takes a part first and reports success.
          if (torn.has(number(handle))) refuse('ENOSPC')
          torn.add(number(handle))
          return writeSync(number(handle), data.subarray(0, Math.ceil(data.byteLength / 2)))
        }),
      sync: () => around('sync', async () => check()),
      close: (handle) =>
        around('close', async () => {
          torn.delete(number(handle))
          closeSync(number(handle))
        }),
      rename: (from, to) =>
        around('rename', async () => {
          check()
          renameSync(from, to)
        }),
      unlink: (path) =>
        around('unlink', async () => {
          check()
          unlinkSync(path)
        }),
    }),
  }
  return files
}
