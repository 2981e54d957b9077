// One connection's whole life at a non-conformant server, as far as it gets: sign-in, exchange, identity, an
// API call, refresh, revocation.
import type {
  AuthorizeRequest,
  Identity,
  OAuthClient,
  ResolvedProvider,
  TokenOutcome,
  TokenResponse,
} from '../../../electron/core/oauth/types.ts'
import { asKeywayError } from '../../../shared/contract/errors.ts'
import { grantOf } from '../../support/oauth.ts'
import type { NonConformantServer } from '../../support/providers/non-conformant-server.ts'

export type Step = 'authorize' | 'exchange' | 'identify' | 'refresh' | 'revoke'

export type Circle = {
  /** The first step that did not work, with what was said; null when all did. */
  broken: { step: Step; said: string } | null
  url?: URL
  callback?: URLSearchParams
  answer?: TokenResponse
  identity?: Identity & { values: Record<string, string> }
  resources?: Array<{ id: string; label: string; url: string | null }>
  refreshed?: TokenResponse
  revocation?: { revoked: string; message: string }
}

export type CircleInput = {
  client: OAuthClient
  provider: ResolvedProvider
  server: NonConformantServer
  request?: Partial<AuthorizeRequest>
  /** Whether this provider can renew a token at all. */
  refreshes?: boolean
}

export const REDIRECT_URI = 'http://127.0.0.1:7317/oauth2/callback'

export async function runCircle(input: CircleInput): Promise<Circle> {
  const circle: Circle = { broken: null }
  try {
    await walk(input, circle)
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    circle.broken = { step: error.step, said: error.message }
  }
  return circle
}

class Broken extends Error {
  readonly step: Step
  constructor(step: Step, said: string) {
    super(said)
    this.step = step
  }
}

async function walk(input: CircleInput, circle: Circle): Promise<void> {
  const { client, provider } = input
  const scopes = input.request?.scopes ?? ['read', 'write']
  const { url, authorizationState } = await at('authorize', () =>
    client.authorize(provider, {
      redirectUri: REDIRECT_URI,
      scopes,
      secondaryScopes: [],
      loginHint: null,
      prompt: null,
      optionalParams: {},
      ...input.request,
    }),
  )
  circle.url = new URL(url)
  circle.callback = await at('authorize', () => visit(url, authorizationState.state))
  const { callback } = circle
  circle.answer = tokens(
    'exchange',
    await at('exchange', () => client.exchange(provider, authorizationState, callback)),
  )
  const grant = { ...grantOf(circle.answer, scopes), redirectUri: authorizationState.redirectUri }
  circle.identity = await at('identify', () => client.identify(provider, grant))
  if (circle.identity.id === null && circle.answer.accountId === null)
    throw new Broken('identify', 'nobody told')
  circle.resources = await at('identify', () => client.listResources(provider, grant))
  const renewed = await renew(input, circle, grant)
  circle.revocation = await client.revoke(provider, { ...grant, ...renewed })
  if (circle.revocation.revoked === 'failed') throw new Broken('revoke', circle.revocation.message)
}

async function renew(
  { client, provider, refreshes = true }: CircleInput,
  circle: Circle,
  grant: ReturnType<typeof grantOf>,
): Promise<Partial<ReturnType<typeof grantOf>>> {
  if (!refreshes) return {}
  const answer = tokens('refresh', await client.refresh(provider, grant))
  circle.refreshed = answer
  return { accessToken: answer.accessToken, refreshToken: answer.refreshToken ?? grant.refreshToken }
}

function tokens(step: Step, outcome: TokenOutcome): TokenResponse {
  if (outcome.kind === 'ok') return outcome.response
  throw new Broken(step, `${outcome.kind} ${outcome.code}: ${outcome.message}`)
}

async function at<T>(step: Step, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Broken) throw error
    const { code, message } = asKeywayError(error)
    throw new Broken(step, `${code}: ${message}`)
  }
}

/** The browser: follows the server's one redirect, or copies the code that it shows. */
async function visit(url: string, state: string): Promise<URLSearchParams> {
  const response = await fetch(url, { redirect: 'manual' })
  const location = response.headers.get('location')
  if (response.status === 302 && location !== null) return new URL(location).searchParams
  const text = await response.text()
  if (response.status !== 200) throw new Broken('authorize', text)
  const { code } = JSON.parse(text) as { code: string }
  return new URLSearchParams({ code, state })
}
