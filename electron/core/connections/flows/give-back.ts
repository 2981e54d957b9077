import { revokeAnswer } from '../disconnect.ts'
import { sameAccount } from '../connection-record.ts'
import type { FlowDeps } from './flow-deps.ts'
import type { HeldSignIn } from './held-sign-in.ts'

/**
 * Revokes tokens that nobody wants, but only those of an account that is surely not connected here: many providers end all grants of an
 * account and client with one revocation, and a dropped sign-in must not take a living connection with it.
 */
export async function giveBack(
  deps: Pick<FlowDeps, 'book' | 'oauth' | 'box' | 'clock' | 'logger'>,
  held: HeldSignIn,
): Promise<void> {
  const siblings = deps.book.ofProvider(held.provider.id)
  if (!siblings.every((sibling) => sameAccount(sibling, held.sign) === 'no')) return
  const about = { redirectUri: held.redirectUri, scopes: held.sign.requestedScopes }
  await revokeAnswer(deps, held.provider, about, held.answer)
}
