import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { systemCode } from '../storage/disk-error.ts'

/** Some ten times what 500 usual lines take. */
const MOST_BYTES = 2 * 1024 * 1024

/** The newest lines of a log and, where it is short, of the one before it (`<path>.1`); oldest first. No file: no lines. */
export function readLogTail(path: string, count: number): string[] {
  const newest = tailOf(path)
  const lines = newest.length >= count ? newest : [...tailOf(`${path}.1`), ...newest]
  return lines.slice(-count)
}

function tailOf(path: string): string[] {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
  try {
    const { size } = fstatSync(descriptor)
    const bytes = Buffer.alloc(Math.min(size, MOST_BYTES))
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length)
    const lines = bytes.subarray(0, read).toString('utf8').split('\n')
    // The first one is cut off unless the whole file was read.
    return (size > MOST_BYTES ? lines.slice(1) : lines).filter((line) => line !== '')
  } finally {
    closeSync(descriptor)
  }
}
