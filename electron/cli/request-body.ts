import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { refused } from './read-arguments.ts'
import type { Terminal } from './terminal.ts'

export type RequestBodySource = {
  stream: Readable
  /** Absent: only its end tells. */
  bytes?: number
}

/** What `-d` names: text, `@file`, `-`. @throws KeywayError invalid_request when the file cannot be read */
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
  if (facts === null || facts.isDirectory()) throw refused(`-d: There is no file ${path}.`)
  const stream = createReadStream(path)
  return facts.isFile() ? { stream, bytes: facts.size } : { stream }
}
