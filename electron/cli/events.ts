import type { IncomingMessage } from 'node:http'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { z } from 'zod'
import { type ErrorCode, errorTable, KeywayError } from '../../shared/contract/errors.ts'
import { parseJson } from '../../shared/domain/exact-json.ts'
import type { ServiceApi } from './api.ts'
import { failureIn } from './context.ts'

export type ServerEvent = { name: string; data: unknown }
export type EventFeed = {
  /**
   * The next event; null after it was closed here. @throws KeywayError `keyway_unreachable` when the server
   * ends the stream
   */
  next(): Promise<ServerEvent | null>
  close(): void
}

/**
 * Opens GET /api/events; resolves when no later event can be missed. @throws KeywayCallError | KeywayError
 */
export async function openEventFeed(api: ServiceApi): Promise<EventFeed> {
  const answer = await api.stream('/api/events', { method: 'GET', headers: { accept: 'text/event-stream' } })
  if (answer.statusCode !== 200) throw await failureIn(answer)
  const events = eventsIn(answer)
  let closed = false
  const next = async (): Promise<ServerEvent | null> => {
    try {
      const { value, done } = await events.next()
      if (done !== true) return value
    } catch (cause) {
      if (!closed) throw new KeywayError('keyway_unreachable', { message: 'Keyway has gone.', cause })
    }
    if (closed) return null
    throw new KeywayError('shutting_down')
  }
  const stream: EventFeed = {
    next,
    close() {
      closed = true
      answer.destroy()
    },
  }
  await next()
  return stream
}

/** Longer than any event of Keyway; whatever else listens at its port must not fill the memory. */
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024

async function* eventsIn(answer: IncomingMessage): AsyncGenerator<ServerEvent, undefined> {
  const arrived: EventSourceMessage[] = []
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: (message) => arrived.push(message),
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') throw error
    },
  })
  for await (const chunk of answer.setEncoding('utf8')) {
    parser.feed(String(chunk))
    for (const { event, data } of arrived.splice(0)) {
      if (event !== undefined) yield { name: event, data: parseJson(data) }
    }
  }
  return undefined
}

// Waits for a sign-in in a browser, by the events of the server.

const flowChanged = z.looseObject({
  flowId: z.string(),
  state: z.string(),
  provider: z.string(),
  connectionId: z.string().nullable(),
  account: z.string().nullable(),
  code: z.string().optional(),
})
type FlowChanged = z.output<typeof flowChanged>

export type SignInEnd =
  | { kind: 'done'; connection: { connectionId: string | null; account: string | null } }
  | { kind: 'failed'; code: ErrorCode }

export type SignInWait = {
  slug: string
  account: string | null
  /** Id of a sign-in that has started; null: the next one that matches. */
  flowId: string | null
  /** Epoch ms until which the link can be opened; a sign-in that has started has its own timeout. */
  linkExpiresAt: number
  /** The person must decide something in the window. */
  onQuestion: () => void
}

/** @throws KeywayError when the server ends */
export async function awaitSignIn(events: EventFeed, wait: SignInWait): Promise<SignInEnd> {
  const limit = setTimeout(() => events.close(), Math.max(0, wait.linkExpiresAt - Date.now()))
  let ours: string | null = wait.flowId
  try {
    for (;;) {
      const event = await events.next()
      if (event === null) return { kind: 'failed', code: 'flow_expired' }
      const flow = event.name === 'flow.changed' ? flowChanged.safeParse(event.data).data : undefined
      if (flow === undefined || !isMeant(flow, ours, wait)) continue
      if (flow.state === 'done') {
        return { kind: 'done', connection: { connectionId: flow.connectionId, account: flow.account } }
      }
      if (flow.state === 'failed') return { kind: 'failed', code: codeOf(flow) }
      if (flow.state === 'cancelled') {
        // The event of an earlier sign-in that this one replaced.
        if (ours === null) continue
        return { kind: 'failed', code: 'flow_cancelled' }
      }
      if (flow.state === 'confirming_account' || flow.state === 'choosing_resource') wait.onQuestion()
      ours = flow.flowId
      clearTimeout(limit)
    }
  } finally {
    clearTimeout(limit)
  }
}

function isMeant(flow: FlowChanged, ours: string | null, { slug, account }: SignInWait): boolean {
  if (ours !== null) return flow.flowId === ours
  if (flow.provider !== slug) return false
  return account === null || flow.account === null || flow.account.toLowerCase() === account.toLowerCase()
}

export function codeOf({ code }: { code?: string | undefined }): ErrorCode {
  return code !== undefined && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'internal_error'
}
