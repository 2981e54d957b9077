// What a browser shows at the end of a sign-in, or instead of one: what happened, and the next step.
import { nextStepFor } from '../../../shared/contract/errors.ts'
import type { Flow } from '../../../shared/contract/flow.ts'
import { isolated } from '../../../shared/contract/name.ts'
import { html, type Markup, page } from './page.ts'

type Note = {
  mark: string
  tone: 'good' | 'bad' | 'soft'
  title: string
  text: string
  next: string
  facts?: Array<[string, string]>
}

function notePage({ mark, tone, title, text, next, facts }: Note): string {
  return page(
    title,
    html`<main class="card">
      <div class="mark ${tone}" aria-hidden="true">${mark}</div>
      <h1>${title}</h1>
      <p>${text}</p>
      ${facts === undefined || facts.length === 0 ? '' : factList(facts)}
      <p class="next">${next}</p>
      <p class="brand">Keyway, on this machine only</p>
    </main>`,
  )
}

function factList(facts: Array<[string, string]>): Markup {
  return html`<dl>
    ${facts.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`
}

export function failurePage(failure: { code: string; message: string; nextStep: string }): string {
  return notePage({
    mark: '✕',
    tone: 'bad',
    title: 'The sign-in did not work',
    text: failure.message,
    next: nextStepFor('window', failure),
    facts: [['Code', failure.code]],
  })
}

/** A request that Keyway does not accept from a browser. */
export function refusedPage(failure: { code: string; message: string; nextStep: string }): string {
  return notePage({
    mark: '✕',
    tone: 'bad',
    title: 'Keyway cannot read this request',
    text: failure.message,
    next: nextStepFor('window', failure),
    facts: [['Code', failure.code]],
  })
}

const NAMES: ReadonlySet<string> = new Set(['providerName', 'account', 'identityLabel', 'was', 'is'])

/** Names come from providers and stand in sentences here; none may reorder them. */
function withNamesApart(flow: Flow): Flow {
  const apart = Object.entries(flow).map(([key, value]) =>
    NAMES.has(key) && typeof value === 'string' ? [key, isolated(value)] : [key, value],
  )
  return Object.fromEntries(apart) as Flow
}

/** The page for a sign-in in whatever state it is. */
export function flowPage(named: Flow): string {
  const flow = withNamesApart(named)
  switch (flow.kind) {
    case 'done':
      return donePage(flow)
    case 'failed':
      return failurePage(flow.failure)
    case 'cancelled':
      return failurePage({
        code: 'flow_cancelled',
        message: 'This sign-in was cancelled.',
        nextStep: 'Start it again in Keyway.',
      })
    case 'showing_code':
      return codePage(flow)
    case 'confirming_account':
      return notePage({
        mark: '?',
        tone: 'soft',
        ...(flow.about === 'rounded_id'
          ? {
              title: 'Is this the same account?',
              text: `${flow.was} was connected, and this sign-in was for ${flow.is}. Nothing has been replaced.`,
              next: 'Go to Keyway and say whether the two are one account.',
            }
          : {
              title: 'Another account came back',
              text: `${flow.was} was connected, and this sign-in was for ${flow.is}. Nothing has been replaced.`,
              next: 'Go to Keyway and choose: replace it, add it as a further account, or drop it.',
            }),
      })
    case 'choosing_resource':
      return notePage({
        mark: '?',
        tone: 'soft',
        title: 'One choice is left',
        text: `${flow.providerName} gives access to more than one place.`,
        next: 'Go to Keyway and choose which one this connection is for.',
      })
    default:
      return notePage({
        mark: '…',
        tone: 'soft',
        title: 'The sign-in is still running',
        text: `Keyway is waiting for ${flow.providerName}.`,
        next: 'Go to Keyway to see how it ends.',
      })
  }
}

function donePage(flow: Extract<Flow, { kind: 'done' }>): string {
  const facts: Array<[string, string]> = [['Account', flow.account]]
  if (flow.identityLabel !== null && flow.identityLabel !== flow.account)
    facts.push(['Signed in as', flow.identityLabel])
  if (flow.missingScopes.length > 0) facts.push(['Not granted', flow.missingScopes.join(', ')])
  return notePage({
    mark: '✓',
    tone: 'good',
    title: `${flow.providerName} is connected`,
    text: flow.warning ?? 'Keyway keeps the tokens, encrypted, on this machine.',
    next: 'You can close this page and go back to where you were.',
    facts,
  })
}

function codePage(flow: Extract<Flow, { kind: 'showing_code' }>): string {
  const link = flow.verificationUriComplete ?? flow.verificationUri
  return page(
    'Enter this code',
    html`<main class="card">
      <h1>Enter this code at ${flow.providerName}</h1>
      <p class="user-code">${flow.userCode}</p>
      <p><a href="${/^https?:\/\//.test(link) ? link : '#'}" rel="noreferrer">${flow.verificationUri}</a></p>
      <p class="next">Keyway notices by itself when you are done; this page can be closed then.</p>
      <p class="brand">Keyway, on this machine only</p>
    </main>`,
  )
}

/** A link without its ticket never starts a sign-in: any page could have pointed the browser at it. */
export function openKeywayPage(provider: string): string {
  return notePage({
    mark: '→',
    tone: 'soft',
    title: `Connect ${provider} in Keyway`,
    text: 'This address alone does not start a sign-in: only Keyway itself, or a link it has just handed to one of your apps, does.',
    next: 'Open Keyway and press Connect there, or let the app ask Keyway for a connect link.',
  })
}

export function usedLinkPage(): string {
  return notePage({
    mark: '✕',
    tone: 'bad',
    title: 'This link was used already, or is too old',
    text: 'A connect link works once, within ten minutes.',
    next: 'Let the app ask for a fresh one, or press Connect in Keyway.',
    facts: [['Code', 'expired_link']],
  })
}

export function usedLaunchPage(): string {
  return notePage({
    mark: '✕',
    tone: 'bad',
    title: 'This launch link was used already, or is too old',
    text: 'It lets one browser in, once, within minutes.',
    next: 'Press Enter in the terminal in which Keyway runs, or run “keyway open”. Keyway is not running? Start it again.',
    facts: [['Code', 'expired_link']],
  })
}
