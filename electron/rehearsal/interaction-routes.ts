// Serves the sign-in and consent pages and takes their answers. The interaction cookie (httpOnly, SameSite=Lax, this path
// only) ties an answer to the browser that was shown the page.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { z } from 'zod'
import type { AccountBook } from './accounts.ts'
import type { RehearsalBehaviour } from './behaviour.ts'
import { decideGrant } from './decide-grant.ts'
import { consentPage } from './pages/consent-page.ts'
import { pageHeaders } from './pages/layout.ts'
import { problemPage } from './pages/problem-page.ts'
import { signInPage } from './pages/sign-in-page.ts'
import { readBody } from './request-body.ts'

const answerSchema = z.object({
  account: z.string().max(200).nullable(),
  decision: z.enum(['allow', 'deny']).nullable(),
  scopes: z.array(z.string().max(100)).max(50),
})

type Answer = z.output<typeof answerSchema>
type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

export type InteractionParts = {
  accounts: AccountBook
  behaviour: () => RehearsalBehaviour
  provider: Provider
}

export type InteractionRoutes = (req: IncomingMessage, res: ServerResponse, url: URL) => Promise<void>

export function createInteractionRoutes(parts: InteractionParts): InteractionRoutes {
  return async (req, res, url) => {
    const interaction = await openInteraction(parts.provider, req, res)
    if (interaction === null) {
      sendPage(res, 400, problemPage({ error: 'expired', error_description: 'This page is too old.' }))
      return
    }
    const asksForConsent = interaction.prompt.name === 'consent' && !url.searchParams.has('switch')
    if (req.method !== 'POST') {
      const page = asksForConsent
        ? await showConsent(parts, interaction, url)
        : await showSignIn(parts, interaction, url)
      sendPage(res, 200, page)
      return
    }
    const answer = await readAnswer(req)
    if (answer === null || answer.decision === 'deny') {
      const refusal = { error: 'access_denied', error_description: 'The person denied access.' }
      await parts.provider.interactionFinished(req, res, refusal, { mergeWithLastSubmission: false })
    } else if (answer.account === null && asksForConsent) {
      const grantId = await decideGrant(parts.provider, interaction, answer.scopes)
      await parts.provider.interactionFinished(req, res, { consent: { grantId } })
    } else {
      await signIn(parts, { req, res, url, interaction, typed: answer.account ?? '' })
    }
  }
}

type SignInAttempt = {
  req: IncomingMessage
  res: ServerResponse
  url: URL
  interaction: Interaction
  typed: string
}

async function signIn(
  parts: InteractionParts,
  { req, res, url, interaction, typed }: SignInAttempt,
): Promise<void> {
  const picked = parts.accounts.byEmail(typed)
  if (picked === null) {
    sendPage(res, 422, await showSignIn(parts, interaction, url, typed))
    return
  }
  const { signInAs } = parts.behaviour()
  const account = (signInAs === null ? null : parts.accounts.byEmail(signInAs)) ?? picked
  // Naming the prompt in the result is how oidc-provider learns that `select_account` has been seen to.
  const result = { login: { accountId: account.id }, select_account: {} }
  await parts.provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false })
}

async function showSignIn(
  parts: InteractionParts,
  interaction: Interaction,
  url: URL,
  refused?: string,
): Promise<string> {
  const hint = interaction.params['login_hint']
  return signInPage({
    action: url.pathname + url.search,
    clientName: await clientNameOf(parts.provider, interaction),
    accounts: parts.accounts.known,
    account: refused ?? (typeof hint === 'string' ? hint : ''),
    problem:
      refused === undefined ? null : 'Type an address such as ada@example.test, or pick somebody below.',
  })
}

async function showConsent(parts: InteractionParts, interaction: Interaction, url: URL): Promise<string> {
  const account = parts.accounts.byId(interaction.session?.accountId ?? '')
  const { scope, redirect_uri: redirectUri } = interaction.params
  if (account === null) return showSignIn(parts, interaction, url)
  return consentPage({
    action: url.pathname,
    clientName: await clientNameOf(parts.provider, interaction),
    account,
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    redirectUri: typeof redirectUri === 'string' ? redirectUri : null,
  })
}

async function clientNameOf(provider: Provider, interaction: Interaction): Promise<string> {
  const clientId = String(interaction.params['client_id'])
  const client = await provider.Client.find(clientId)
  return client?.clientName ?? clientId
}

/** Null when the page is older than its interaction, or belongs to another browser. */
async function openInteraction(
  provider: Provider,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<Interaction | null> {
  try {
    return await provider.interactionDetails(req, res)
  } catch (failure) {
    if (failure instanceof Error && failure.name === 'SessionNotFound') return null
    throw failure
  }
}

async function readAnswer(req: IncomingMessage): Promise<Answer | null> {
  const form = new URLSearchParams((await readBody(req, 16 * 1024)).toString('utf8'))
  const parsed = answerSchema.safeParse({
    account: form.get('account'),
    decision: form.get('decision'),
    scopes: form.getAll('scope'),
  })
  return parsed.success ? parsed.data : null
}

function sendPage(res: ServerResponse, status: number, html: string): void {
  res.writeHead(status, pageHeaders)
  res.end(html)
}
