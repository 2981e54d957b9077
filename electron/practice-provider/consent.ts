// Converts the submitted consent page to oidc-provider's grant: checked scopes are granted, the rest is
// rejected.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import type { interactionPolicy as InteractionPolicy } from 'oidc-provider'
import { z } from 'zod'
import type { AccountStore } from './accounts.ts'
import type { PracticeBehaviour } from './behaviour.ts'
import { consentPage, practicePageHeaders, problemPage, signInPage } from './pages.ts'
import { readRequestBody } from './request-body.ts'

type ConsentInteraction = Awaited<ReturnType<Provider['interactionDetails']>>
type Decision = { granted: string[]; refused: string[] }

/**
 * Saves the grant and returns its id. A second consent of the same browser and client extends the existing
 * grant, as oidc-provider recommends: revoking any of its tokens revokes all, as with Google.
 */
async function decideGrant(
  provider: Provider,
  interaction: ConsentInteraction,
  ticked: readonly string[],
): Promise<string> {
  const accountId = interaction.session?.accountId
  const clientId = String(interaction.params['client_id'])
  if (accountId === undefined) throw new Error('A consent without a signed-in account')
  const existing =
    interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId)
  const grant = existing ?? new provider.Grant({ accountId, clientId })

  const asked = scopesOf(interaction.params['scope'])
  const oidc = decide(asked, ticked, scopesOf(grant.openid?.scope), scopesOf(grant.rejected?.openid?.scope))
  grant.openid = { ...grant.openid, scope: oidc.granted.join(' ') }
  const refusedResources: Record<string, string> = {}
  for (const resource of resourcesOf(interaction)) {
    const decision = decide(
      asked,
      ticked,
      scopesOf(grant.resources?.[resource]),
      scopesOf(grant.rejected?.resources?.[resource]),
    )
    grant.resources = { ...grant.resources, [resource]: decision.granted.join(' ') }
    refusedResources[resource] = decision.refused.join(' ')
  }
  grant.rejected = {
    openid: { scope: oidc.refused.join(' ') },
    resources: { ...grant.rejected?.resources, ...refusedResources },
  }
  return grant.save()
}

/** The new decision replaces earlier ones about these scopes; those about other scopes stay. */
function decide(
  asked: readonly string[],
  ticked: readonly string[],
  grantedBefore: readonly string[],
  refusedBefore: readonly string[],
): Decision {
  // The sign-in itself (`openid`) cannot be deselected.
  const allowed = asked.filter((scope) => scope === 'openid' || ticked.includes(scope))
  const withheld = asked.filter((scope) => !allowed.includes(scope))
  return {
    granted: [...new Set([...grantedBefore, ...allowed])].filter((scope) => !withheld.includes(scope)),
    refused: [...new Set([...refusedBefore, ...withheld])].filter((scope) => !allowed.includes(scope)),
  }
}

const scopesOf = (scope: unknown): string[] =>
  typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : []

function resourcesOf(interaction: ConsentInteraction): string[] {
  const { resource } = interaction.params
  if (typeof resource === 'string') return [resource]
  return Array.isArray(resource) ? resource.filter((each): each is string => typeof each === 'string') : []
}

// When the practice provider shows a page: oidc-provider's own rules, and a choice of account on request.

type Policy = typeof InteractionPolicy

export function createInteractionPolicy(
  { Check, Prompt, base }: Policy,
  accounts: AccountStore,
): InteractionPolicy.DefaultPolicy {
  const policy = base()

  // `prompt=select_account`: shows the accounts even to a person who is signed in.
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 0)

  // A login_hint for another account than the signed-in one asks again; continuing would connect the wrong
  // account.
  policy.get('login')?.checks.add(
    new Check('login_hint_differs', 'another account was hinted at', 'login_required', ({ oidc }) => {
      const hint = oidc.params?.['login_hint']
      const hinted = typeof hint === 'string' ? accounts.byEmail(hint) : null
      if (hinted === null || oidc.session?.accountId === undefined) return Check.NO_NEED_TO_PROMPT
      const alreadyAsked = oidc.result?.login !== undefined
      return !alreadyAsked && oidc.session.accountId !== hinted.id
    }),
  )
  return policy
}

// Serves the sign-in and consent pages and handles their forms. The interaction cookie (httpOnly,
// SameSite=Lax, this path only) binds a form to the browser that was shown the page.

const submissionSchema = z.object({
  account: z.string().max(200).nullable(),
  decision: z.enum(['allow', 'deny']).nullable(),
  scopes: z.array(z.string().max(100)).max(50),
})

type Submission = z.output<typeof submissionSchema>
type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

export type InteractionParts = {
  accounts: AccountStore
  behaviour: () => PracticeBehaviour
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
    const answer = await readSubmission(req)
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
  // The prompt in the result tells oidc-provider that `select_account` is done.
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

/** Null when the interaction has expired or belongs to another browser. */
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

async function readSubmission(req: IncomingMessage): Promise<Submission | null> {
  const form = new URLSearchParams((await readRequestBody(req, 16 * 1024)).toString('utf8'))
  const parsed = submissionSchema.safeParse({
    account: form.get('account'),
    decision: form.get('decision'),
    scopes: form.getAll('scope'),
  })
  return parsed.success ? parsed.data : null
}

function sendPage(res: ServerResponse, status: number, html: string): void {
  res.writeHead(status, practicePageHeaders)
  res.end(html)
}
