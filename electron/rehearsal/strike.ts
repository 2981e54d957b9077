// Carries a fault out on one answer. The connection, not a mock of it, is what breaks.
import type { ServerResponse } from 'node:http'
import { drainedOrClosed } from './drained.ts'
import type { RehearsalFault } from './faults.ts'

type Strike = Exclude<RehearsalFault, { kind: 'delay' }>

/** `answer` is what the provider would have said, when it got that far. */
export async function strike(res: ServerResponse, fault: Strike, answer: string | null): Promise<void> {
  switch (fault.kind) {
    case 'status':
      return sendStatus(res, fault)
    case 'hang':
      return
    case 'stall':
      res.writeHead(200, { 'content-type': 'application/json' })
      res.write('{"access_token":"')
      return
    case 'reset':
      res.socket?.resetAndDestroy()
      return
    case 'torn':
      return tear(res, answer ?? '{"access_token":"cut off before it was whole"}')
    case 'html':
      return send(res, {
        status: fault.status,
        type: 'text/html; charset=utf-8',
        body: '<!doctype html><html lang="en"><title>Maintenance</title><h1>We will be back soon</h1></html>',
      })
    case 'huge':
      return sendHuge(res, fault.bytes)
    case 'invalid-json':
      return send(res, { status: 200, type: 'application/json', body: '{"access_token": "unfinished, ' })
    case 'empty':
      return send(res, { status: 200, type: 'application/json', body: '' })
    case 'error-with-200':
      return send(res, {
        status: 200,
        type: 'application/json',
        body: JSON.stringify({ ok: false, error: fault.error }),
      })
  }
}

function send(res: ServerResponse, answer: { status: number; type: string; body: string }): void {
  dropHeaders(res)
  res.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
  })
  res.end(answer.body)
}

function sendStatus(res: ServerResponse, fault: Extract<Strike, { kind: 'status' }>): void {
  dropHeaders(res)
  if (fault.retryAfter !== undefined) res.setHeader('retry-after', String(fault.retryAfter))
  if (fault.status === 401)
    res.setHeader('www-authenticate', 'Bearer realm="rehearsal", error="invalid_token"')
  const { error, errorDescription } = fault
  const body =
    error === undefined
      ? `Rehearsed status ${fault.status}`
      : JSON.stringify({
          error,
          ...(errorDescription === undefined ? {} : { error_description: errorDescription }),
        })
  res.writeHead(fault.status, {
    'content-type': error === undefined ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  res.end(body)
}

/** Promises the whole body, sends half of it, and cuts the line once that half has left. */
function tear(res: ServerResponse, body: string): void {
  const bytes = Buffer.from(body)
  dropHeaders(res)
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  res.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => res.destroy())
}

async function sendHuge(res: ServerResponse, bytes: number): Promise<void> {
  dropHeaders(res)
  res.writeHead(200, { 'content-type': 'application/json' })
  res.write('{"access_token":"')
  const chunk = Buffer.alloc(64 * 1024, 'x')
  for (let sent = 0; sent < bytes && !res.destroyed; sent += chunk.length) {
    if (!res.write(chunk.subarray(0, Math.min(chunk.length, bytes - sent)))) await drainedOrClosed(res)
  }
  res.end('"}')
}

/** What the provider has put on the answer so far belongs to an answer that is not given. */
function dropHeaders(res: ServerResponse): void {
  for (const name of res.getHeaderNames()) if (name !== 'date') res.removeHeader(name)
}
