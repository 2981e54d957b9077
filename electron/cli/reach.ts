// Where Keyway answers and with which key. The key comes from the environment or standard input, never from an argument, which
// every program on the machine can read; and it is sent to this machine only.
import { z } from 'zod'
import { KeywayError } from '../../shared/contract/errors.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { refused } from './read-arguments.ts'
import type { Terminal } from './terminal.ts'

const LONGEST_KEY = 1000
const keySchema = z
  .string()
  .trim()
  .regex(/^kw_[A-Za-z0-9_-]{20,200}$/)
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

const urlSchema = z
  .string()
  .trim()
  .transform((text) => (URL.canParse(text) ? new URL(text) : null))
  .refine(
    (url) =>
      url !== null &&
      url.protocol === 'http:' &&
      loopback.test(url.hostname) &&
      `${url.username}${url.password}${url.search}${url.hash}` === '' &&
      url.pathname === '/',
  )
  .transform((url) => url?.origin ?? '')

/** @throws KeywayError invalid_request */
export function baseUrlFrom({ environment }: Pick<Terminal, 'environment'>): string {
  const parsed = urlSchema.safeParse(environment['KEYWAY_URL'] || 'http://127.0.0.1:7317')
  if (parsed.success) return parsed.data
  throw refused('KEYWAY_URL is not the address of a Keyway on this machine, such as http://127.0.0.1:7317.')
}

/** @throws KeywayError unauthorized */
export async function keyFrom(terminal: Terminal, from: 'environment' | 'stdin'): Promise<Secret> {
  const text = from === 'stdin' ? await firstLine(terminal) : terminal.environment['KEYWAY_KEY']
  const parsed = keySchema.safeParse(text)
  if (parsed.success) return new Secret(parsed.data)
  const where = from === 'stdin' ? 'Standard input' : 'KEYWAY_KEY'
  const isThere = text !== undefined && text.trim() !== ''
  throw new KeywayError('unauthorized', {
    message: `${where} holds ${isThere ? 'something that is not an app key' : 'no app key'}.`,
    nextStep:
      'Make a key in the window under Apps, or with "keyway pair <name>", and put it into KEYWAY_KEY or give it with --key-stdin.',
  })
}

async function firstLine({ stdin }: Terminal): Promise<string> {
  let text = ''
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.includes('\n') || text.length > LONGEST_KEY) break
  }
  return text.split('\n')[0] ?? ''
}
