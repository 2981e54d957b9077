// Fault injection: the kinds of faults, each observed at a real server.
import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { z } from 'zod'
import { practiceEndpoints } from './endpoints.ts'

const common = {
  /** The endpoint. Default: the token endpoint. */
  at: z.enum([...practiceEndpoints, 'everywhere']).default('token'),
  /** Only token requests of this grant type. */
  grantType: z.string().optional(),
  /** Number of requests to affect; absent: until the behavior is changed. */
  times: z.int().positive().optional(),
  /**
   * `before`: the provider does nothing. `after`: the provider processes the request (rotates, revokes), and
   * only the response is faulty.
   */
  when: z.enum(['before', 'after']).default('before'),
}

/** A Retry-After value: seconds, or the literal text of the header (an HTTP date, or invalid text). */
const retryAfter = z.union([z.int().nonnegative(), z.string().max(100)])

export const faultSchema = z
  .discriminatedUnion('kind', [
    /** Responds with this status; with `error`, an OAuth error body. */
    z.strictObject({
      kind: z.literal('status'),
      ...common,
      status: z.int().min(200).max(599),
      retryAfter: retryAfter.optional(),
      error: z.string().max(100).optional(),
      errorDescription: z.string().max(500).optional(),
    }),
    /** Waits, then continues normally. */
    z.strictObject({ kind: z.literal('delay'), ...common, ms: z.int().nonnegative().max(600_000) }),
    /** Accepts the request and never responds. */
    z.strictObject({ kind: z.literal('hang'), ...common }),
    /** Sends the head and the first bytes, then nothing. */
    z.strictObject({ kind: z.literal('stall'), ...common }),
    /**
     * Closes the connection without a byte; with `when: 'after'` the response is lost after the provider has
     * processed the request.
     */
    z.strictObject({ kind: z.literal('reset'), ...common }),
    /** Closes the connection in the middle of the real response. */
    z.strictObject({ kind: z.literal('torn'), ...common, when: z.literal('after').default('after') }),
    /** An HTML page instead of JSON. */
    z.strictObject({ kind: z.literal('html'), ...common, status: z.int().min(200).max(599).default(200) }),
    /** A JSON response of this many bytes. */
    z.strictObject({
      kind: z.literal('huge'),
      ...common,
      bytes: z
        .int()
        .positive()
        .max(1024 ** 3)
        .default(10 * 1024 * 1024),
    }),
    /** 200 with invalid JSON. */
    z.strictObject({ kind: z.literal('invalid-json'), ...common }),
    /** 200 with an empty body. */
    z.strictObject({ kind: z.literal('empty'), ...common }),
    /** 200 with an error in the body, as some providers do. */
    z.strictObject({
      kind: z.literal('error-with-200'),
      ...common,
      error: z.string().max(100).default('invalid_grant'),
    }),
  ])
  .refine(
    (fault) =>
      fault.when === 'before' || (fault.at !== 'api' && fault.at !== 'sign-in' && fault.at !== 'other'),
    {
      path: ['when'],
      message: '"after" is for the OAuth endpoints, not for the API or the sign-in pages.',
    },
  )

/** An active fault, with defaults filled in. */
export type PracticeFault = z.output<typeof faultSchema>

/** A fault as input. */
export type PracticeFaultInput = z.input<typeof faultSchema>

// Applies a fault to one response, on the real connection.

type ResponseFault = Exclude<PracticeFault, { kind: 'delay' }>

/** `answer`: the provider's response body, if it was produced. */
export async function injectFault(
  res: ServerResponse,
  fault: ResponseFault,
  answer: string | null,
): Promise<void> {
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

function sendStatus(res: ServerResponse, fault: Extract<ResponseFault, { kind: 'status' }>): void {
  dropHeaders(res)
  if (fault.retryAfter !== undefined) res.setHeader('retry-after', String(fault.retryAfter))
  if (fault.status === 401)
    res.setHeader('www-authenticate', 'Bearer realm="rehearsal", error="invalid_token"')
  const { error, errorDescription } = fault
  const body =
    error === undefined
      ? `Simulated status ${fault.status}`
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

/** Announces the whole body, sends half of it, and closes the connection once that half was sent. */
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

/** Removes the headers that the provider has set, because they belong to its own response. */
function dropHeaders(res: ServerResponse): void {
  for (const name of res.getHeaderNames()) if (name !== 'date') res.removeHeader(name)
}

/** Resolves when the peer has received what was written, or is gone. */
export const drainedOrClosed = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed) {
      resolve()
      return
    }
    const done = (): void => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
  })
