// What can go wrong on purpose: the shapes of a fault, each one seen at a real server.
import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { z } from 'zod'
import { practiceEndpoints } from './endpoints.ts'

const common = {
  /** Where it strikes. Default: the token endpoint. */
  at: z.enum([...practiceEndpoints, 'everywhere']).default('token'),
  /** Only token requests of this grant type. */
  grantType: z.string().optional(),
  /** How many requests it strikes before it is over; absent: until the behaviour is changed. */
  times: z.int().positive().optional(),
  /**
   * `before`: nothing happens at the provider. `after`: the provider does its work (rotates, revokes), only
   * the answer is spoilt.
   */
  when: z.enum(['before', 'after']).default('before'),
}

/** A Retry-After value: seconds, or the header's text as it is (an HTTP date, or nonsense). */
const retryAfter = z.union([z.int().nonnegative(), z.string().max(100)])

export const faultSchema = z
  .discriminatedUnion('kind', [
    /** Answers with this status; with `error`, an OAuth error body. */
    z.strictObject({
      kind: z.literal('status'),
      ...common,
      status: z.int().min(200).max(599),
      retryAfter: retryAfter.optional(),
      error: z.string().max(100).optional(),
      errorDescription: z.string().max(500).optional(),
    }),
    /** Waits, then goes on as if nothing were wrong. */
    z.strictObject({ kind: z.literal('delay'), ...common, ms: z.int().nonnegative().max(600_000) }),
    /** Takes the request and never answers. */
    z.strictObject({ kind: z.literal('hang'), ...common }),
    /** Sends the head and the first bytes, then nothing more. */
    z.strictObject({ kind: z.literal('stall'), ...common }),
    /**
     * Cuts the connection without a byte; with `when: 'after'` the answer is lost after the provider has
     * acted on it.
     */
    z.strictObject({ kind: z.literal('reset'), ...common }),
    /** Cuts the connection in the middle of the real answer. */
    z.strictObject({ kind: z.literal('torn'), ...common, when: z.literal('after').default('after') }),
    /** A web page where JSON belongs. */
    z.strictObject({ kind: z.literal('html'), ...common, status: z.int().min(200).max(599).default(200) }),
    /** A JSON answer of this many bytes. */
    z.strictObject({
      kind: z.literal('huge'),
      ...common,
      bytes: z
        .int()
        .positive()
        .max(1024 ** 3)
        .default(10 * 1024 * 1024),
    }),
    /** 200 with a body that is not quite JSON. */
    z.strictObject({ kind: z.literal('invalid-json'), ...common }),
    /** 200 with nothing in it. */
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

/** A fault as it is in force, defaults filled in. */
export type PracticeFault = z.output<typeof faultSchema>

/** A fault as one writes it. */
export type PracticeFaultInput = z.input<typeof faultSchema>

// Carries a fault out on one answer. The connection, not a mock of it, is what breaks.

type ResponseFault = Exclude<PracticeFault, { kind: 'delay' }>

/** `answer` is what the provider would have said, when it got that far. */
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

/** Resolves when the other side has taken what was written, or is gone. */
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
