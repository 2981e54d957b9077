// The text of one record's file: one JSON object whose checksum covers the record's name and value, so that a torn, edited or
// swapped file is noticed. Compared on the text as it stands, because parsing and printing again need not give the same bytes.
import { hash } from 'node:crypto'

const SHAPE = /^\{"keyway":1,"id":"([a-z0-9_-]{1,64})","sum":"([0-9a-f]{64})","value":/
const END = '}\n'

const checksum = (id: string, body: string): string => hash('sha256', `${id}\n${body}`, 'hex')

export function encodeRecord(id: string, value: unknown): string {
  const body = JSON.stringify(value)
  if (body === undefined) throw new TypeError('A record must be JSON.')
  return `{"keyway":1,"id":"${id}","sum":"${checksum(id, body)}","value":${body}${END}`
}

export type Decoded = { kind: 'good'; value: unknown } | { kind: 'damaged' }

export function decodeRecord(id: string, text: string): Decoded {
  const head = SHAPE.exec(text)
  if (head === null || !text.endsWith(END)) return { kind: 'damaged' }
  const body = text.slice(head[0].length, -END.length)
  if (head[1] !== id || head[2] !== checksum(id, body)) return { kind: 'damaged' }
  try {
    return { kind: 'good', value: JSON.parse(body) as unknown }
  } catch {
    return { kind: 'damaged' }
  }
}
