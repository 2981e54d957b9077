// Answers before the answer (RFC 9110 15.2): a proxy hands them on, except to callers of HTTP/1.0, who know none.
import type { ServerResponse } from 'node:http'
import { isReturned } from './forwarded-headers.ts'

export function passInformation(response: ServerResponse, status: number, raw: readonly string[]): void {
  if (response.headersSent || response.req.httpVersionMinor === 0) return
  if (status === 102) response.writeProcessing()
  else if (status === 103) passEarlyHints(response, raw)
}

function passEarlyHints(response: ServerResponse, raw: readonly string[]): void {
  const hints: Record<string, string[]> = {}
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    if (isReturned(name)) (hints[name] ??= []).push(raw[index + 1] ?? '')
  }
  if (hints['link'] === undefined) return
  try {
    response.writeEarlyHints(hints)
  } catch (error) {
    // Node writes no link that it cannot read. Hints may be missing; the answer itself may not suffer from them.
    if (!(error instanceof TypeError)) throw error
  }
}
