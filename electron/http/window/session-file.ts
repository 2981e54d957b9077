// Where the sessions of windows in a browser outlive a restart of the service: hashes only, so that the file opens nothing.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Logger } from '../../core/ports.ts'
import { systemCode } from '../../core/storage/file-ops.ts'
import { writeDurably } from '../../core/storage/durable-file.ts'

const storedSession = z.object({
  /** SHA-256, base64. */
  cookieHash: z.string().length(44),
  proofHash: z.string().length(44),
  /** Epoch ms. */
  openedAt: z.number(),
  usedAt: z.number(),
})
const storedFile = z.object({ version: z.literal(1), sessions: z.array(storedSession).max(1000) })
export type StoredSession = z.output<typeof storedSession>

export type SessionFile = {
  load(): StoredSession[]
  /** On disk when it resolves, with what was saved before. A disk that refuses costs a restart its windows, nothing else. */
  save(sessions: readonly StoredSession[]): Promise<void>
  /** What was saved so far is on disk. */
  saved(): Promise<void>
}

/** Null: nowhere; a restart signs every browser out. */
export function openSessionFile(path: string | null, logger: Logger): SessionFile {
  let last: Promise<void> = Promise.resolve()
  const write = async (file: string, sessions: readonly StoredSession[]): Promise<void> => {
    const plain = sessions.map((session) => storedSession.parse(session))
    try {
      await writeDurably(file, JSON.stringify({ version: 1, sessions: plain }))
    } catch (error) {
      logger.warn('The sessions of open windows could not be saved', { error })
    }
  }
  return {
    load: () => (path === null ? [] : load(path, logger)),
    save(sessions) {
      if (path !== null) last = last.then(() => write(path, sessions))
      return last
    },
    saved: () => last,
  }
}

function load(path: string, logger: Logger): StoredSession[] {
  try {
    return storedFile.parse(JSON.parse(readFileSync(path, 'utf8'))).sessions
  } catch (error) {
    if (systemCode(error) !== 'ENOENT')
      logger.warn('The sessions of open windows could not be read; each opens again by a link', { error })
    return []
  }
}
