import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { KeywayError } from '../../shared/contract/errors.ts'
import { integrationId } from '../../shared/contract/http/common.ts'
import { typedScopes } from '../../shared/contract/scope-list.ts'
import { accountSelector } from '../../shared/contract/slug.ts'
import type { Terminal } from './output.ts'

export const providerArgument = integrationId
export const accountOption = accountSelector.optional()

/** Scopes separated by commas or spaces. */
export const scopesOption = z
  .string()
  .transform(typedScopes)
  .pipe(z.array(z.string().max(300)).max(200))
  .optional()

/**
 * The parsed arguments. @throws KeywayError `invalid_request` that names the argument and its allowed values
 */
export function readArguments<Schema extends z.ZodObject>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map(({ path, message }) => ({ field: kebab(path.join('.')), message }))
  throw invalidArguments(`${details[0]?.field}: ${details[0]?.message}`, {
    field: details[0]?.field,
    details,
  })
}

export function invalidArguments(
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): KeywayError {
  return new KeywayError('invalid_request', {
    message,
    nextStep: 'keyway --help, and --help after any command, list what can be said.',
    details,
  })
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

export type RequestBodySource = {
  stream: Readable
  /** Absent: the length is known only at the end of the stream. */
  bytes?: number
}

/**
 * Opens the body that `-d` names: text, `@file`, `-`. @throws KeywayError `invalid_request` when the file
 * cannot be read
 */
export async function openBody(
  data: string | undefined,
  { stdin }: Pick<Terminal, 'stdin'>,
): Promise<RequestBodySource | null> {
  if (data === undefined) return null
  if (data === '-') return { stream: stdin }
  if (!data.startsWith('@')) {
    const bytes = Buffer.from(data)
    return { stream: Readable.from([bytes], { objectMode: false }), bytes: bytes.length }
  }
  const path = data.slice(1)
  const facts = await stat(path).catch(() => null)
  if (facts === null || facts.isDirectory()) throw invalidArguments(`-d: There is no file ${path}.`)
  const stream = createReadStream(path)
  return facts.isFile() ? { stream, bytes: facts.size } : { stream }
}

/** Keyway sets these headers itself; a typed one would be lost or mistaken for its own. */
const OURS = /^(?:authorization|x-api-key|cookie|host|content-length|transfer-encoding|connection|keyway-.*)$/

/** `-H` lines as headers. @throws KeywayError `invalid_request`, without the value, which may be a secret */
export function headersFrom(lines: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  for (const line of lines) {
    const [, name, value] =
      /^([!#$%&'*+.^_`|~A-Za-z0-9-]+):[ \t]*((?:[\u0021-\u007E][\u0020-\u007E]*)?)$/.exec(line) ?? []
    if (name === undefined || value === undefined) {
      throw invalidArguments('-H: A header is written "name: value", in printable ASCII.')
    }
    const key = name.toLowerCase()
    if (OURS.test(key)) throw invalidArguments(`-H: Keyway sets "${key}" itself.`)
    headers[key] = [...(headers[key] ?? []), value]
  }
  return headers
}
