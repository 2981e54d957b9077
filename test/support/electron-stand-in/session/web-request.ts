import type {
  CallbackResponse,
  HeadersReceivedResponse,
  OnBeforeRequestListenerDetails,
  OnHeadersReceivedListenerDetails,
  WebRequest,
  WebRequestFilter,
} from 'electron'
import { strict } from '../strict.ts'

type Headers = Record<string, string[]>
type Respond<Answer> = (response: Answer) => void
type Listener<Details, Answer> = (details: Details, callback: Respond<Answer>) => void
type Hook<Details, Answer> = { urls: readonly string[]; listener: Listener<Details, Answer> }

export type WebRequestHooks = {
  readonly webRequest: WebRequest
  beforeRequest(details: OnBeforeRequestListenerDetails): Promise<CallbackResponse>
  /** The headers as the app leaves them, or null when it cancels. */
  headersReceived(details: OnHeadersReceivedListenerDetails): Promise<Headers | null>
}

/** Electron's match patterns: `<all_urls>`, or globs of scheme, host and path. */
function matches(urls: readonly string[], url: string): boolean {
  return urls.some((pattern) => {
    if (pattern === '<all_urls>') return true
    const text = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*')
    return new RegExp(`^${text}$`).test(url)
  })
}

function readHook<Details, Answer>(
  args: readonly [WebRequestFilter | Listener<Details, Answer> | null, (Listener<Details, Answer> | null)?],
): Hook<Details, Answer> | null {
  const [first, second] = args
  if (typeof first === 'function') return { urls: ['<all_urls>'], listener: first }
  return first === null || !second ? null : { urls: first.urls, listener: second }
}

function ask<Details extends { url: string }, Answer extends object>(
  hook: Hook<Details, Answer> | null,
  details: Details,
): Promise<Partial<Answer>> {
  if (hook === null || !matches(hook.urls, details.url)) return Promise.resolve({})
  return new Promise((resolve) => {
    hook.listener(details, resolve)
  })
}

/** The two hooks that can change what a page gets; the other six are left out until somebody needs them. */
export function createWebRequest(): WebRequestHooks {
  let before: Hook<OnBeforeRequestListenerDetails, CallbackResponse> | null = null
  let received: Hook<OnHeadersReceivedListenerDetails, HeadersReceivedResponse> | null = null
  const webRequest = {
    onBeforeRequest: (
      ...args: Parameters<typeof readHook<OnBeforeRequestListenerDetails, CallbackResponse>>[0]
    ) => {
      before = readHook(args)
    },
    onHeadersReceived: (
      ...args: Parameters<typeof readHook<OnHeadersReceivedListenerDetails, HeadersReceivedResponse>>[0]
    ) => {
      received = readHook(args)
    },
  }
  return {
    webRequest: strict('webRequest', webRequest) as unknown as WebRequest,
    beforeRequest: (details) => ask(before, details),
    headersReceived: async (details) => {
      const answer = await ask(received, details)
      if (answer.cancel === true) return null
      const headers = answer.responseHeaders ?? details.responseHeaders ?? {}
      return Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value : [value]]),
      )
    },
  }
}
