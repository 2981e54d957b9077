import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { makeTempFolder } from './temp-folder.ts'

export type SmallDisk = {
  readonly path: string
  /** Takes all space but about `leftBytes`. */
  fill(leftBytes?: number): void
  free(): void
  makeReadOnly(): void
  makeWritable(): void
}

const mount = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0

/** Whether this machine lets the tests mount a disk of their own; it takes root on Linux. */
export function canMountDisks(): boolean {
  if (process.platform !== 'linux') return false
  const { path, remove } = makeTempFolder()
  const mounted = mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path)
  if (mounted) spawnSync('umount', [path])
  remove()
  return mounted
}

/** A real file system of its own, in memory, gone when the test is. */
export function mountSmallDisk(bytes: number): SmallDisk {
  const { path, remove } = makeTempFolder()
  if (!mount('-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path))
    throw new Error('tmpfs could not be mounted')
  const filler = join(path, 'filler')
  const freeFiller = (): void => rmSync(filler, { force: true })
  onTestFinished(() => {
    spawnSync('umount', ['-l', path])
    remove()
  })
  return {
    path,
    fill(leftBytes = 0) {
      const { bavail, bsize } = statfsSync(path)
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)))
    },
    free: freeFiller,
    makeReadOnly() {
      if (!mount('-o', 'remount,ro', path)) throw new Error('The disk could not be made read-only')
    },
    makeWritable() {
      if (!mount('-o', 'remount,rw', path)) throw new Error('The disk could not be made writable')
    },
  }
}
