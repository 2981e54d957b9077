// A browser without a window: one cookie jar, one request after the other, redirects seen one by one.
import { createCookieJar } from './cookie-jar.ts'

export type VisitedPage = {
  url: URL
  status: number
  /** Where it redirects to, absolute; null when it does not. */
  redirectsTo: URL | null
  headers: Headers
  html: string
}

export type BrowseRequest = { url: URL; method?: 'GET' | 'POST'; form?: URLSearchParams }

export type BrowserTab = { open(request: BrowseRequest): Promise<VisitedPage> }

export type TabOptions = {
  /** Default: the platform's fetch. */
  fetch?: typeof globalThis.fetch
  signal?: AbortSignal
}

export function openTab(options: TabOptions = {}): BrowserTab {
  const jar = createCookieJar()
  const send = options.fetch ?? globalThis.fetch
  return {
    async open({ url, method = 'GET', form }) {
      const cookies = jar.header(url)
      const isGet = method === 'GET'
      const target = new URL(url)
      if (isGet && form !== undefined) target.search = form.toString()
      const response = await send(target, {
        method,
        redirect: 'manual',
        headers: { accept: 'text/html', ...(cookies === null ? {} : { cookie: cookies }) },
        ...(isGet || form === undefined ? {} : { body: form }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      jar.take(target, response.headers.getSetCookie())
      const location = response.headers.get('location')
      return {
        url: target,
        status: response.status,
        redirectsTo: location === null ? null : new URL(location, target),
        headers: response.headers,
        html: await response.text(),
      }
    },
  }
}
