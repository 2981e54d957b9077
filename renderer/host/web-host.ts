import type {
  UiCallName,
  UiEventName,
  UiEvents,
  UiInput,
  UiOutput,
  UiResult,
} from '../../shared/contract/ui-api.ts'
import { createEventStream } from './event-stream.ts'
import type { Host, HostWords, LinkState } from './host.ts'
import type { ServerEvents } from './server-events.ts'
import type { WindowProof } from './window-proof.ts'
import { failureOf, parseUiResult } from './ui-result.ts'

export type WebHostDeps = {
  /** Where the window's calls are answered, without a slash at the end. */
  base: string
  fetch: typeof fetch
  words: HostWords
  /** The half of the session that belongs to this origin. */
  proof: WindowProof
  openEvents(url: string): ServerEvents
  /** Tells when the page is looked at again, so that a lost link is tried at once. */
  onVisible(listener: () => void): () => void
}

type Listener = (data: never) => void

/** The window in a browser, over the headless Keyway that served it. Half of the session is a cookie that this page cannot read. */
export function createWebHost(deps: WebHostDeps): Host {
  const listeners = new Map<UiEventName, Set<Listener>>()
  const linkListeners = new Set<(state: LinkState) => void>()
  let link: LinkState = 'connecting'

  const setLink = (state: LinkState): void => {
    if (state === link) return
    link = state
    for (const listener of linkListeners) listener(state)
  }

  const call = createCall(deps, {
    onLink(state) {
      if (link !== 'signed-out' || state === 'signed-out') setLink(state)
    },
    // What the old session is not told, such as codes, comes by a stream of the new one; what fell between the two by a fresh snapshot.
    onReplaced() {
      setLink('connecting')
      stream.reconnectNow()
    },
  })
  const probe = async (): Promise<LinkState> => {
    const answer = await call('snapshot.get', undefined)
    if (answer.ok) return 'online'
    return answer.failure.code === 'unauthorized' ? 'signed-out' : 'offline'
  }

  const stream = createEventStream({
    open: () => deps.openEvents(`${deps.base}/ui/events`),
    probe,
    onEvent: (name, data) => {
      for (const listener of listeners.get(name) ?? []) listener(data as never)
    },
    onLink: setLink,
    after: (delayMs, task) => {
      const timer = setTimeout(task, delayMs)
      return () => clearTimeout(timer)
    },
  })
  const stopVisible = deps.onVisible(() => {
    if (link !== 'online') stream.reconnectNow()
  })

  return {
    kind: 'headless',
    capabilities: { loginItem: false, notifications: 'Notification' in globalThis },
    call,
    subscribe<Name extends UiEventName>(name: Name, listener: (data: UiEvents[Name]) => void) {
      const set = listeners.get(name) ?? new Set<Listener>()
      listeners.set(name, set)
      set.add(listener)
      return () => set.delete(listener)
    },
    watchLink(listener) {
      linkListeners.add(listener)
      listener(link)
      return () => linkListeners.delete(listener)
    },
    close() {
      stopVisible()
      stream.close()
    },
  }
}

type Learnt = { onLink: (state: 'offline' | 'signed-out') => void; onReplaced: () => void }

/** One call over fetch; tells what it learnt about the link. */
function createCall(deps: WebHostDeps, { onLink, onReplaced }: Learnt): Host['call'] {
  return async <Name extends UiCallName>(
    name: Name,
    input: UiInput<Name>,
  ): Promise<UiResult<UiOutput<Name>>> => {
    try {
      const response = await post(deps, name, input)
      if (response.status === 401) {
        onLink('signed-out')
        return { ok: false, failure: failureOf('unauthorized', deps.words.signedOut) }
      }
      const replacement = response.headers.get('x-keyway-window')
      if (replacement !== null) {
        deps.proof.replaced(replacement)
        onReplaced()
      }
      return parseUiResult(await response.json())
    } catch {
      // fetch rejects, and json() throws, only when the server is gone or broke off: that is what the banner says.
      onLink('offline')
      return {
        ok: false,
        failure: failureOf('internal_error', { ...deps.words.notAnswering, retryable: true }),
      }
    }
  }
}

async function post(deps: WebHostDeps, name: string, input: unknown): Promise<Response> {
  const { base, proof } = deps
  const sent = proof.current()
  const response = await deps.fetch(`${base}/ui/call/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-keyway-window': sent },
    credentials: 'same-origin',
    ...(input === undefined ? {} : { body: JSON.stringify(input) }),
  })
  if (response.status === 401) return proof.refused(sent) ? post(deps, name, input) : response
  proof.worked(sent)
  return response
}
