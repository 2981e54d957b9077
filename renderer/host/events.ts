import { EventSourceParserStream } from 'eventsource-parser/stream'
import { type UiEventName, uiEventNames } from '../../shared/contract/ui-api.ts'
import type { LinkState } from './host.ts'

export type EventStreamDeps = {
  open(): ServerEvents
  /** Called when the stream breaks: checks whether the server responds and the session is still valid. */
  probe(): Promise<LinkState>
  onEvent(name: UiEventName, data: unknown): void
  onLink(state: LinkState): void
  after(delayMs: number, task: () => void): () => void
}

const RETRY_MS = [250, 500, 1000, 2000, 3000] as const

/**
 * Keeps one event stream open: reconnects with increasing delays, and reports when Keyway does not respond.
 */
export function createEventStream(deps: EventStreamDeps): { reconnectNow(): void; close(): void } {
  let source: ServerEvents | null = null
  let cancelRetry: (() => void) | null = null
  let failures = 0
  let closed = false

  const drop = (): void => {
    source?.close()
    source = null
    cancelRetry?.()
    cancelRetry = null
  }

  const retryLater = async (): Promise<void> => {
    const state = await deps.probe()
    if (closed) return
    deps.onLink(state === 'online' ? 'connecting' : state)
    const delayMs = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 3000
    failures += 1
    cancelRetry = deps.after(delayMs, connect)
  }

  function connect(): void {
    drop()
    if (closed) return
    const opened = deps.open()
    source = opened
    opened.addEventListener('open', () => {
      failures = 0
      deps.onLink('online')
    })
    opened.addEventListener('error', () => {
      if (source !== opened) return
      drop()
      void retryLater()
    })
    for (const name of uiEventNames) {
      opened.addEventListener(name, (message: MessageEvent<string>) => {
        const data = parsed(message.data)
        if (data !== undefined) deps.onEvent(name, data)
      })
    }
  }

  connect()
  return {
    reconnectNow: connect,
    close() {
      closed = true
      drop()
    },
  }
}

/** An incomplete frame is skipped: the next event or snapshot carries the whole list again. */
function parsed(data: string): unknown {
  try {
    return JSON.parse(data) as unknown
  } catch {
    return undefined
  }
}

// Server-sent events over fetch, because EventSource cannot send the header with the CSRF token.
export type ServerEvents = Pick<EventSource, 'addEventListener' | 'close'>

/** Longer than any event of Keyway; whatever else listens at its port must not fill the memory. */
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024

export type ServerEventsDeps = { fetch: typeof fetch; headers: () => Record<string, string> }

/**
 * Emits `open`, each event under its own name, and `error` once when the stream ends other than by `close()`.
 */
export function openServerEvents(url: string, deps: ServerEventsDeps): ServerEvents {
  const target = new EventTarget()
  const abort = new AbortController()
  // In the next turn of the event loop, when the caller has added its listeners.
  void Promise.resolve()
    .then(() => readAll(url, deps, { target, signal: abort.signal }))
    .catch(() => undefined)
    .then(() => {
      if (!abort.signal.aborted) target.dispatchEvent(new Event('error'))
    })
  return {
    addEventListener: target.addEventListener.bind(target) as ServerEvents['addEventListener'],
    close: () => abort.abort(),
  }
}

async function readAll(
  url: string,
  deps: ServerEventsDeps,
  { target, signal }: { target: EventTarget; signal: AbortSignal },
): Promise<void> {
  const answer = await deps.fetch(url, { headers: deps.headers(), credentials: 'same-origin', signal })
  if (signal.aborted || !answer.ok || answer.body === null) return
  target.dispatchEvent(new Event('open'))
  const reader = answer.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ maxBufferSize: MAX_EVENT_CHARACTERS }))
    .getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done || signal.aborted) return
    const { event, data } = value
    if (event !== undefined) target.dispatchEvent(new MessageEvent(event, { data }))
  }
}
