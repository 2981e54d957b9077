// Lets another program of the same user ask the running service to open its window.
import { createRequire } from 'node:module'
import type * as Http from 'node:http'
import { resolve } from 'node:path'
import { type ErrorBody, KeywayError, toErrorBody } from '../../shared/contract/errors.ts'
import { OPEN_WINDOW_PATH, openWindowResponseSchema } from '../../shared/contract/presence.ts'
import { socketPathIn } from './storage/data-folder.ts'

// An import statement would read every export of node:http, one of which loads all of fetch.
const { request } = createRequire(import.meta.url)('node:http') as typeof Http

const ANSWER_MS = 10_000
const MAX_BYTES = 64 * 1024

/** `url`: a link for one use; null: the desktop window was brought to the front. */
export type RunningWindow = { url: string | null }

/**
 * @throws KeywayError keyway_unreachable if nothing answers at the folder's socket, or the service's own
 * error
 */
export async function requestWindow(dataFolder: string): Promise<RunningWindow> {
  const folder = resolve(dataFolder)
  const socketPath = socketPathIn(folder)
  if (socketPath === null)
    throw unreachable(folder, 'The path of its socket would be too long for this system.')
  const { status, text } = await post(socketPath, folder)
  const answer = openWindowResponseSchema.safeParse(parsed(text))
  if (status === 200 && answer.success) {
    const { data } = answer.data
    return { url: 'url' in data ? data.url : null }
  }
  throw failureIn(text) ?? unreachable(folder, 'What answers at its socket is not this version of Keyway.')
}

function post(socketPath: string, folder: string): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    const outgoing = request(
      { socketPath, path: OPEN_WINDOW_PATH, method: 'POST', agent: false, headers: { host: 'localhost' } },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
          if (text.length > MAX_BYTES) outgoing.destroy(new Error('The answer is too long.'))
        })
        answer.on('end', () => done({ status: answer.statusCode ?? 0, text }))
        answer.on('error', fail)
      },
    )
    outgoing.setTimeout(ANSWER_MS, () => outgoing.destroy(new Error('No answer came in time.')))
    outgoing.on('error', (cause) => fail(unreachable(folder, null, cause)))
    outgoing.end()
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function failureIn(text: string): KeywayError | null {
  const body = parsed(text) as Partial<ErrorBody> | null
  if (body?.code !== 'rate_limited' && body?.code !== 'shutting_down') return null
  const { message, nextStep } = toErrorBody(new KeywayError(body.code))
  return new KeywayError(body.code, { message, nextStep })
}

function unreachable(folder: string, why: string | null, cause?: unknown): KeywayError {
  return new KeywayError('keyway_unreachable', {
    message: `No Keyway answers for the data folder ${folder}.${why === null ? '' : ` ${why}`}`,
    nextStep:
      'Start Keyway. Where it runs already, press Enter in its terminal, or switch the local socket on under Settings.',
    details: { folder },
    cause,
  })
}
