import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** The longest path that every system binds a socket to. */
const MOST_BYTES = 100

/** Where the second door of a data folder is: inside it, so that only its user gets there. Null where no socket can be bound. */
export function socketPathIn(folder: string, platform: NodeJS.Platform = process.platform): string | null {
  if (platform === 'win32') {
    const name = createHash('sha256').update(folder).digest('hex').slice(0, 16)
    return `\\\\.\\pipe\\keyway-${name}`
  }
  const path = join(folder, 'keyway.sock')
  return Buffer.byteLength(path) <= MOST_BYTES ? path : null
}
