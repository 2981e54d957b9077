// Plays the person at the sign-in pages without a browser: picks an account, allows or denies, and brings the
// answer back to the client. For tests and `npm run demo -- --auto`; it speaks plain HTTP, so nothing in
// between is skipped.

export type SignInChoices = {
  /** The address typed under "Account". */
  account: string
  /** Default: allow. */
  decision?: 'allow' | 'deny'
  /** Scopes to leave out on the consent page. */
  withhold?: readonly string[]
  /** A tab used before: its cookies make it the same browser, which may be signed in already. */
  tab?: BrowserTab
  signal?: AbortSignal
}

export type SignInOutcome =
  /** The callback was requested and answered; `status` and `body` are the client's answer to it. */
  | { kind: 'returned'; callbackUrl: string; status: number; location: string | null; body: string }
  /** `stopAtCallback`: the callback that would be requested next. */
  | { kind: 'stopped'; callbackUrl: string }
  /** The provider showed a page from which there is no way on. */
  | { kind: 'stuck'; url: string; status: number; words: string }

/** A browser of its own, for several sign-ins that share cookies. */

/**
 * Walks from an authorization URL (or a link that redirects to one) through sign-in and consent to the
 * client's callback, which it requests unless `stopAtCallback`. Rejects when a server cannot be reached or
 * the pages lead in circles.
 */
export async function signInWithHttp(
  authorizationUrl: string,
  choices: SignInChoices & { stopAtCallback?: boolean },
): Promise<SignInOutcome> {
  const walked = await walk(new URL(authorizationUrl), choices)
  if (walked.kind === 'page') return stuckAt(walked.page)
  const callbackUrl = walked.url.href
  if (choices.stopAtCallback === true) return { kind: 'stopped', callbackUrl }
  const answer = await walked.tab.open({ url: walked.url })
  return {
    kind: 'returned',
    callbackUrl,
    status: answer.status,
    location: answer.redirectsTo?.href ?? null,
    body: answer.html,
  }
}

export type DeviceOutcome =
  { kind: 'approved' } | { kind: 'denied' } | { kind: 'stuck'; url: string; status: number; words: string }

/**
 * Opens `verification_uri_complete` (or `verification_uri` with `userCode`), and allows or denies the device.
 */
export async function approveDevice(
  verificationUri: string,
  choices: SignInChoices & { userCode?: string },
): Promise<DeviceOutcome> {
  const walked = await walk(new URL(verificationUri), choices)
  if (walked.kind === 'callback') throw new Error('A device page led to a callback')
  const said = pageWords(walked.page.html)
  if (said.startsWith('Device connected')) return { kind: 'approved' }
  if (said.includes('Access was denied')) return { kind: 'denied' }
  return stuckAt(walked.page)
}

const stuckAt = (page: VisitedPage): { kind: 'stuck'; url: string; status: number; words: string } => ({
  kind: 'stuck',
  url: page.url.href,
  status: page.status,
  words: pageWords(page.html),
})

type Walked = { kind: 'callback'; url: URL; tab: BrowserTab } | { kind: 'page'; page: VisitedPage }

const STEPS = 30

async function walk(start: URL, choices: SignInChoices & { userCode?: string }): Promise<Walked> {
  const tab = choices.tab ?? openTab(choices.signal === undefined ? {} : { signal: choices.signal })
  let page = await tab.open({ url: start })
  const done = new Set<PageKind>()
  for (let step = 0; step < STEPS; step += 1) {
    if (page.redirectsTo !== null) {
      if (isCallback(page.redirectsTo)) return { kind: 'callback', url: page.redirectsTo, tab }
      page = await tab.open({ url: page.redirectsTo })
      continue
    }
    const submission = fillIn(page, choices, done)
    if (submission === null) return { kind: 'page', page }
    page = await tab.open(submission)
  }
  throw new Error(`The sign-in pages lead in circles, last ${page.url.pathname}`)
}

/**
 * An authorization response: a code or an error, with what ties it to its request (RFC 6749 section 4.1.2,
 * RFC 9207).
 */
function isCallback(url: URL): boolean {
  const { searchParams: query } = url
  return (query.has('code') || query.has('error')) && (query.has('state') || query.has('iss'))
}

type PageKind = 'sign-in' | 'consent' | 'code' | 'confirm-code' | 'pass-on'
type Submission = { url: URL; method: 'GET' | 'POST'; form: URLSearchParams }

/**
 * What a person would submit on this page; null when there is nothing to do, or the page refused what was
 * done before.
 */
function fillIn(
  page: VisitedPage,
  choices: SignInChoices & { userCode?: string },
  done: Set<PageKind>,
): Submission | null {
  for (const form of findForms(page.html, page.url)) {
    const kind = kindOf(form)
    if (kind === null) continue
    // A page that comes back says no to what was typed; typing it again would change nothing. Pages that only
    // pass on may recur.
    if (done.has(kind) && kind !== 'pass-on') return null
    if (kind === 'code' && choices.userCode === undefined) return null
    done.add(kind)
    return submit(form, kind, choices)
  }
  return null
}

function kindOf(form: HtmlForm): PageKind | null {
  if (form.fields.some(({ label }) => label === 'Account')) return 'sign-in'
  if (form.fields.some(({ label }) => label === 'Code')) return 'code'
  if (buttonNamed(form, 'Allow access') !== undefined) return 'consent'
  if (form.fields.some(({ name }) => name === 'confirm')) return 'confirm-code'
  // A page whose script sends its hidden fields on: what a browser would do by itself.
  const onlyHidden = form.fields.length > 0 && form.fields.every(({ type }) => type === 'hidden')
  return onlyHidden && form.method === 'POST' ? 'pass-on' : null
}

const buttonNamed = (form: HtmlForm, words: string): FormButton | undefined =>
  form.buttons.find((button) => button.words === words)

function submit(form: HtmlForm, kind: PageKind, choices: SignInChoices & { userCode?: string }): Submission {
  const answer = new URLSearchParams()
  for (const field of form.fields) {
    if (field.type === 'checkbox' && (!field.checked || choices.withhold?.includes(field.value) === true))
      continue
    if (field.label === 'Account') answer.append(field.name, choices.account)
    else if (field.label === 'Code') answer.append(field.name, choices.userCode ?? '')
    else answer.append(field.name, field.value)
  }
  const pressed = pressedButton(form, kind, choices.decision ?? 'allow')
  if (pressed !== undefined && pressed.name !== null) answer.append(pressed.name, pressed.value)
  return { url: form.action, method: form.method, form: answer }
}

function pressedButton(form: HtmlForm, kind: PageKind, decision: 'allow' | 'deny'): FormButton | undefined {
  if (kind === 'consent') return buttonNamed(form, decision === 'allow' ? 'Allow access' : 'Deny')
  if (kind === 'sign-in') return buttonNamed(form, 'Sign in')
  return buttonNamed(form, 'Continue')
}

// A browser without a window: one cookie jar, one request after the other, redirects seen one by one.

export type VisitedPage = {
  url: URL
  status: number
  /** Where it redirects to, absolute; null when it does not. */
  redirectsTo: URL | null
  headers: Headers
  html: string
}

type BrowseRequest = { url: URL; method?: 'GET' | 'POST'; form?: URLSearchParams }

export type BrowserTab = { open(request: BrowseRequest): Promise<VisitedPage> }

type TabOptions = {
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

// The cookies of one made-up browser: enough of RFC 6265 for sign-in pages (host, port-blind, path, expiry,
// deletion).
type CookieJar = {
  /** The Cookie header for this address, or null. */
  header(url: URL): string | null
  /** Takes the Set-Cookie headers of an answer from this address. */
  take(url: URL, setCookies: readonly string[]): void
}

type Cookie = { name: string; value: string; host: string; path: string; expiresAt: number }

export function createCookieJar(): CookieJar {
  let cookies: Cookie[] = []
  return {
    header(url) {
      const sent = cookies.filter((cookie) => belongs(cookie, url))
      // Longer paths first (RFC 6265 section 5.4).
      sent.sort((one, other) => other.path.length - one.path.length)
      return sent.length === 0 ? null : sent.map(({ name, value }) => `${name}=${value}`).join('; ')
    },
    take(url, setCookies) {
      for (const text of setCookies) {
        const cookie = parseCookie(text, url)
        if (cookie === null) continue
        cookies = cookies.filter((old) => !isSame(old, cookie))
        if (cookie.expiresAt > Date.now()) cookies.push(cookie)
      }
    },
  }
}

function parseCookie(text: string, url: URL): Cookie | null {
  const [pair = '', ...attributes] = text.split(';').map((part) => part.trim())
  const at = pair.indexOf('=')
  if (at < 1) return null
  const given = new Map(
    attributes.map((attribute): [string, string] => {
      const [name = '', ...value] = attribute.split('=')
      return [name.toLowerCase(), value.join('=')]
    }),
  )
  const path = given.get('path')
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    host: url.hostname,
    path: path?.startsWith('/') === true ? path : defaultPath(url),
    expiresAt: expiryOf(given),
  }
}

function expiryOf(attributes: ReadonlyMap<string, string>): number {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Date.now() + Number(maxAge) * 1000
  const expires = Date.parse(attributes.get('expires') ?? '')
  return Number.isNaN(expires) ? Infinity : expires
}

const defaultPath = (url: URL): string => url.pathname.slice(0, Math.max(1, url.pathname.lastIndexOf('/')))

const isSame = (one: Cookie, other: Cookie): boolean =>
  one.name === other.name && one.host === other.host && one.path === other.path

function belongs(cookie: Cookie, url: URL): boolean {
  if (cookie.host !== url.hostname || cookie.expiresAt <= Date.now()) return false
  if (url.pathname === cookie.path) return true
  return url.pathname.startsWith(cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`)
}

// Finds the forms of a page the way a person does: fields by their label, buttons by their words. For small,
// well-formed pages such as sign-in pages; not a browser.
export type FormField = {
  name: string
  type: string
  value: string
  checked: boolean
  /** The words of the label that names its id, or ''. */
  label: string
}

export type FormButton = { name: string | null; value: string; words: string }

export type HtmlForm = {
  /** Absolute. */
  action: URL
  method: 'GET' | 'POST'
  fields: FormField[]
  buttons: FormButton[]
}

export function findForms(html: string, page: URL): HtmlForm[] {
  const pieces = piecesOf(html)
  const labels = new Map(
    within(pieces, 'label').flatMap(({ head, inner }) => {
      const field = head.get('for')
      return field === undefined ? [] : [[field, wordsIn(inner)] as const]
    }),
  )
  return within(pieces, 'form').map(({ head, inner }) => ({
    action: new URL(head.get('action') ?? page.href, page),
    method: head.get('method')?.toLowerCase() === 'post' ? 'POST' : 'GET',
    fields: fieldsOf(inner, labels),
    buttons: buttonsOf(inner),
  }))
}

/** The words of a page, for messages. */
export function pageWords(html: string): string {
  const pieces = piecesOf(html)
  return wordsIn(within(pieces, 'main')[0]?.inner ?? pieces)
}

/** A tag and the text up to the next one. */
type Piece = { name: string; head: string; text: string }
type Element = { head: Map<string, string>; inner: Piece[] }

/** Every tag of the page but those of scripts and styles, in one pass. */
function piecesOf(html: string): Piece[] {
  const first = html.split('<', 1)[0] ?? ''
  const pieces: Piece[] = [{ name: '', head: '', text: first }]
  let hidden: string | null = null
  for (const [, tag = '', text = ''] of html.matchAll(/<([^<>]*)>([^<]*)/g)) {
    const name = (/^\/?[a-z][a-z0-9-]*/i.exec(tag)?.[0] ?? '').toLowerCase()
    if (hidden === null && (name === 'script' || name === 'style')) hidden = `/${name}`
    else if (hidden === null || hidden === name) {
      hidden = null
      pieces.push({ name, head: tag.slice(name.length), text })
    }
  }
  return pieces
}

/** The elements of a name, one after the other: none of these is ever inside of another of its kind. */
function within(pieces: readonly Piece[], name: string): Element[] {
  const found: Element[] = []
  let open: Element | null = null
  for (const piece of pieces) {
    if (open !== null && piece.name === `/${name}`) {
      found.push(open)
      open = null
    } else if (open !== null) open.inner.push(piece)
    else if (piece.name === name)
      open = { head: attributesOf(piece.head), inner: [{ ...piece, name: '', head: '' }] }
  }
  return found
}

const wordsIn = (pieces: readonly Piece[]): string =>
  decode(pieces.map(({ text }) => text).join(' '))
    .replaceAll(/\s+/g, ' ')
    .trim()

const fieldsOf = (pieces: readonly Piece[], labels: ReadonlyMap<string, string>): FormField[] =>
  pieces
    .filter(({ name }) => name === 'input')
    .map(({ head }) => attributesOf(head))
    .filter((attributes) => attributes.has('name') && !attributes.has('disabled'))
    .map((attributes) => ({
      name: attributes.get('name') ?? '',
      type: attributes.get('type')?.toLowerCase() ?? 'text',
      value: attributes.get('value') ?? '',
      checked: attributes.has('checked'),
      label: labels.get(attributes.get('id') ?? '') ?? '',
    }))

const buttonsOf = (pieces: readonly Piece[]): FormButton[] =>
  within(pieces, 'button')
    .filter(({ head }) => (head.get('type') ?? 'submit') === 'submit')
    .map(({ head, inner }) => ({
      name: head.get('name') ?? null,
      value: head.get('value') ?? '',
      words: wordsIn(inner),
    }))

function attributesOf(head: string): Map<string, string> {
  const found = head.matchAll(/([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g)
  return new Map(
    [...found].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decode(double ?? single ?? bare ?? ''),
    ]),
  )
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

const decode = (text: string): string =>
  text.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (typeof decimal === 'string') return String.fromCodePoint(Number(decimal))
    if (typeof hex === 'string') return String.fromCodePoint(Number.parseInt(hex, 16))
    return named[String(name)] ?? whole
  })
