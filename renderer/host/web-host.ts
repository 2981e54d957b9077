import type {
  UiCallName,
  UiEventName,
  UiEvents,
  UiInput,
  UiOutput,
  UiResult,
} from '../../shared/contract/ui-api.ts'
import { createEventStream, type ServerEvents } from './events.ts'
import { failureResult, type Host, type HostWords, type LinkState, parseUiResult } from './host.ts'

export type WebHostDeps = {
  /** Base URL of the window's calls, without a slash at the end. */
  base: string
  fetch: typeof fetch
  words: HostWords
  /** The CSRF token of the session, bound to this origin. */
  proof: CsrfToken
  openEvents(url: string): ServerEvents
  /** Calls back when the page becomes visible again, so that a lost connection is retried at once. */
  onVisible(listener: () => void): () => void
}

type Listener = (data: never) => void

/**
 * The window in a browser, served by the headless Keyway. The session cookie is not readable by this page.
 */
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
    // The new session receives data that the old one does not, such as codes, so a new stream is opened. A
    // new snapshot covers what happened between the two.
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

/** One call over fetch; reports the state of the connection. */
function createCall(deps: WebHostDeps, { onLink, onReplaced }: Learnt): Host['call'] {
  return async <Name extends UiCallName>(
    name: Name,
    input: UiInput<Name>,
  ): Promise<UiResult<UiOutput<Name>>> => {
    try {
      const response = await post(deps, name, input)
      if (response.status === 401) {
        onLink('signed-out')
        return { ok: false, failure: failureResult('unauthorized', deps.words.signedOut) }
      }
      const replacement = response.headers.get('x-keyway-window')
      if (replacement !== null) {
        deps.proof.replaced(replacement)
        onReplaced()
      }
      return parseUiResult(await response.json())
    } catch {
      // fetch rejects, and json() throws, only when the server is gone or disconnected, which the banner
      // states.
      onLink('offline')
      return {
        ok: false,
        failure: failureResult('internal_error', { ...deps.words.notAnswering, retryable: true }),
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

// A window's session in the browser needs two values. The cookie is not readable by scripts, but a browser
// sends it to every port of this machine. The CSRF token is readable by this page, but storage belongs to one
// port. Neither is valid alone.
const KEY = 'keyway.window'
const IN_HASH = /^#window=([\w-]{1,100})~?(.*)$/s

export type CsrfToken = {
  /** The token to send now; empty when there is none. */
  current(): string
  /** The server accepted it. */
  worked(proof: string): void
  /** The session was replaced after a proof of presence; this is the token of the new one. */
  replaced(proof: string): void
  /** The server refused it. True: there is another one to try. */
  refused(proof: string): boolean
}

/**
 * Removes the token of a launch link from the address. Any page can open an address with a forged one, so it
 * replaces the stored token only after the server accepted it.
 */
export function createCsrfToken(window: Window): CsrfToken {
  const { location, history } = window
  const [, brought, rest = ''] = IN_HASH.exec(location.hash) ?? []
  if (brought !== undefined) history.replaceState(null, '', rest === '' ? location.pathname : `#${rest}`)
  let offered = brought ?? null
  let kept: string | null = null
  // Read each time: another launch link opened in this browser replaces both values for all its tabs.
  const keptNow = (): string => readKept(window) ?? kept ?? ''
  return {
    current: () => offered ?? keptNow(),
    worked(proof) {
      if (proof !== offered) return
      offered = null
      kept = proof
      keep(window, proof)
    },
    replaced(proof) {
      offered = null
      kept = proof
      keep(window, proof)
    },
    refused(proof) {
      if (proof === offered) offered = null
      return keptNow() !== '' && keptNow() !== proof
    },
  }
}

/** The hash that carries the session to another port. */
export function hashWithCsrfToken(window: Window): string {
  return `#window=${readKept(window) ?? ''}~${window.location.hash.slice(1)}`
}

/** False: this browser refuses storage, so the session lasts until the page is reloaded. */
function keep(window: Window, proof: string): boolean {
  try {
    window.localStorage.setItem(KEY, proof)
    return true
  } catch {
    return false
  }
}

function readKept(window: Window): string | null {
  try {
    return window.localStorage.getItem(KEY)
  } catch {
    return null
  }
}
