import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { KeywayCallError, readFailure } from '../../shared/client/call-error.ts'
import {
  asKeywayError,
  errorTable,
  KeywayError,
  nextStepFor,
  toErrorBody,
} from '../../shared/contract/errors.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { parseJson } from '../../shared/domain/exact-json.ts'
import { createLocalApi, type ServiceApi } from './api.ts'
import { invalidArguments } from './arguments.ts'
import type { Terminal } from './output.ts'

/** What a command works with. */
export type Context = {
  readonly terminal: Terminal
  readonly json: boolean
  readonly keyFrom: 'environment' | 'stdin'
  /** Base URL of the running Keyway. */
  url(): string
  /** @throws KeywayError `unauthorized` without a key */
  api(): Promise<ServiceApi>
  /** For the few calls that need no key. */
  openApi(): ServiceApi
}

export function createContext(
  terminal: Terminal,
  { json, keyStdin }: { json: boolean; keyStdin: boolean },
): Context {
  const url = (): string => baseUrlFrom(terminal)
  const source = keyStdin ? 'stdin' : 'environment'
  return {
    terminal,
    json,
    keyFrom: source,
    url,
    api: async () => createLocalApi(url(), await keyFrom(terminal, source)),
    openApi: () => createLocalApi(url(), null),
  }
}

export type RunCommand = (context: Context, given: Readonly<Record<string, unknown>>) => Promise<number>

// Base URL and app key. The key comes from the environment or standard input, never from an argument, which
// every program on the machine can read. It is sent to this machine only.

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

/** @throws KeywayError `invalid_request` */
function baseUrlFrom({ environment }: Pick<Terminal, 'environment'>): string {
  const parsed = urlSchema.safeParse(environment['KEYWAY_URL'] || 'http://127.0.0.1:7317')
  if (parsed.success) return parsed.data
  throw invalidArguments(
    'KEYWAY_URL is not the address of a Keyway on this machine, such as http://127.0.0.1:7317.',
  )
}

/** @throws KeywayError `unauthorized` */
async function keyFrom(terminal: Terminal, from: 'environment' | 'stdin'): Promise<Secret> {
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

// A failure as the command line prints it: one sentence, the next step, and the details needed for it.

const shown = z.looseObject({
  code: z.string(),
  message: z.string(),
  nextStep: z.string(),
  connectUrl: z.string().optional().catch(undefined),
  retryAt: z.string().optional().catch(undefined),
  accounts: z.array(z.string()).optional().catch(undefined),
  details: z
    .array(z.looseObject({ field: z.string(), message: z.string() }))
    .optional()
    .catch(undefined),
})

export type CommandFailure = { exit: number; text: string; json: string }

export function describeFailure(thrown: unknown): CommandFailure {
  const body = thrown instanceof KeywayCallError ? thrown.body : toErrorBody(asKeywayError(thrown))
  const { code, message, connectUrl, retryAt, accounts, details, ...rest } = shown.parse(body)
  const nextStep = nextStepFor('terminal', { code, nextStep: rest.nextStep })
  const lines = [
    `keyway: ${message} (${code})`,
    ...(details !== undefined && details.length > 1
      ? details.map((each) => `  ${each.field}: ${each.message}`)
      : []),
    ...(accounts === undefined ? [] : [`  Accounts: ${accounts.join(', ')}`]),
    nextStep,
    ...(connectUrl === undefined ? [] : [`  ${connectUrl}`]),
    ...(retryAt === undefined ? [] : [`  Ask again at ${retryAt}.`]),
  ]
  return {
    exit: exitOf(code),
    text: withoutKeys(lines.join('\n')),
    json: withoutKeys(JSON.stringify({ ...body, nextStep })),
  }
}

export function exitOf(code: string): number {
  return Object.hasOwn(errorTable, code) ? errorTable[code as keyof typeof errorTable].exit : 1
}

/** A key that was typed as an argument by mistake would be repeated in the error about that argument. */
function withoutKeys(text: string): string {
  return text.replaceAll(/\bk[wp]_[A-Za-z0-9_-]{6,}/g, '[secret]')
}

/** The failure in a streamed response, when it is Keyway's own. */
export async function failureIn(answer: IncomingMessage): Promise<KeywayCallError> {
  const text = Buffer.concat(await answer.toArray()).toString('utf8')
  return readFailure({
    ok: false,
    status: answer.statusCode ?? 0,
    headers: { get: () => null },
    text: () => Promise.resolve(text),
    json: async () => parseJson(text),
  })
}
