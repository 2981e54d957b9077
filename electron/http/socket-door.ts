// The second door: a UNIX socket that only this user can open, or a named pipe on Windows. Keys are wanted there all the same.
import { chmod, lstat, mkdir, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import { KeywayError } from '../../shared/contract/errors.ts'
import { tryListen } from './try-listen.ts'
import { markLocalSocket } from './window/open-window.ts'

const ASK_TIMEOUT_MS = 500

/** @throws KeywayError save_failed when the path cannot be used, port_busy when a living server holds it */
export async function openSocketDoor(server: Server, path: string): Promise<Server> {
  const isPipe = path.startsWith('\\\\.\\pipe\\')
  if (!isPipe) await makeRoom(path)
  markLocalSocket(server)
  // Made with no rights for others, so that there is no moment in which anybody else could connect.
  const before = process.umask(0o177)
  const failure = await tryListen(server, { path }).finally(() => process.umask(before))
  if (failure !== null) throw unusable(path, failure)
  if (!isPipe) await chmod(path, 0o600)
  return server
}

/** A socket file that a killed Keyway left behind is removed; a file that is something else is not touched. */
async function makeRoom(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw unusable(path, error)
  })
  if (found === null) return
  if (!found.isSocket()) throw unusable(path, new Error('there is a file that is no socket'))
  if (await answers(path)) {
    throw new KeywayError('port_busy', {
      message: `Another program listens at ${path}.`,
      details: { socketPath: path },
    })
  }
  await unlink(path)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = connect(path)
    const done = (alive: boolean): void => {
      asking.destroy()
      resolve(alive)
    }
    asking.setTimeout(ASK_TIMEOUT_MS, () => done(false))
    asking.once('connect', () => done(true))
    asking.once('error', () => done(false))
  })
}

function unusable(path: string, cause: unknown): KeywayError {
  return new KeywayError('save_failed', {
    message: `The local socket cannot be opened at ${path}.`,
    nextStep: 'Choose a shorter or writable path, or switch the socket off under Settings.',
    details: { socketPath: path },
    cause,
  })
}
