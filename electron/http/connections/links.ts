// Ready-to-open links for a person whose sign-in is needed, and what a failed call says about them.
import { KeywayError } from '../../../shared/contract/errors.ts'
import { type ConnectTicket, TICKET_LIFETIME_MS } from '../../../shared/domain/callback-url.ts'
import type { FailedCall, HttpContext } from '../server/context.ts'
export type ConnectLinkOptions = Omit<ConnectTicket, 'expiresAt'> & { slug: string }

export function connectUrl(
  context: HttpContext,
  { slug, ...wish }: ConnectLinkOptions,
): { url: string; expiresAt: number } {
  const { ticket, expiresAt } = context.tickets.issue(
    { ...wish, expiresAt: context.keyway.clock.now() + TICKET_LIFETIME_MS },
    TICKET_LIFETIME_MS,
    ...(wish.appId === null ? [] : [wish.appId]),
  )
  return { url: `${baseUrl(context)}/api/integrations/${slug}/connect?ticket=${ticket}`, expiresAt }
}

export function baseUrl({ address, keyway }: HttpContext): string {
  return address.url ?? `http://127.0.0.1:${keyway.settings.get().port}`
}

const WANTS_SIGN_IN: ReadonlySet<string> = new Set(['not_connected', 'token_expired', 'scope_missing'])

/** The same failure, with a `connectUrl` when signing in is the next step. */
export function withConnectUrl(context: HttpContext, failure: KeywayError, wish: FailedCall): KeywayError {
  const { id, ...rest } = wish
  if (!WANTS_SIGN_IN.has(failure.code)) return failure
  const provider = context.keyway.providers.find(id)
  if (provider === null) return failure
  const { url } = connectUrl(context, {
    ...rest,
    slug: provider.slug,
    providerId: provider.id,
    returnUrl: null,
  })
  return new KeywayError(failure.code, {
    message: failure.message,
    nextStep: failure.nextStep,
    details: { provider: provider.slug, ...failure.details, connectUrl: url },
    cause: failure.cause,
  })
}
