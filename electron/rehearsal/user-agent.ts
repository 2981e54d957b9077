// Plays the person at the sign-in pages without a browser: picks an account, allows or denies, and brings the answer back to
// the client. For tests and `npm run demo -- --auto`; it speaks plain HTTP, so nothing in between is skipped.
import { openTab } from './agent/browse.ts'
import type { BrowserTab, VisitedPage } from './agent/browse.ts'
import { findForms, pageWords } from './agent/html-forms.ts'
import type { FormButton, HtmlForm } from './agent/html-forms.ts'

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
export { openTab }
export type { BrowserTab }

/**
 * Walks from an authorization URL (or a link that redirects to one) through sign-in and consent to the client's callback,
 * which it requests unless `stopAtCallback`. Rejects when a server cannot be reached or the pages lead in circles.
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

/** Opens `verification_uri_complete` (or `verification_uri` with `userCode`), and allows or denies the device. */
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

/** An authorization response: a code or an error, with what ties it to its request (RFC 6749 section 4.1.2, RFC 9207). */
function isCallback(url: URL): boolean {
  const { searchParams: query } = url
  return (query.has('code') || query.has('error')) && (query.has('state') || query.has('iss'))
}

type PageKind = 'sign-in' | 'consent' | 'code' | 'confirm-code' | 'pass-on'
type Submission = { url: URL; method: 'GET' | 'POST'; form: URLSearchParams }

/** What a person would submit on this page; null when there is nothing to do, or the page refused what was done before. */
function fillIn(
  page: VisitedPage,
  choices: SignInChoices & { userCode?: string },
  done: Set<PageKind>,
): Submission | null {
  for (const form of findForms(page.html, page.url)) {
    const kind = kindOf(form)
    if (kind === null) continue
    // A page that comes back says no to what was typed; typing it again would change nothing. Pages that only pass on may recur.
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
