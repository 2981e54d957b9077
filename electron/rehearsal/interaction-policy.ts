// When the rehearsal asks a person something: what oidc-provider asks by itself, and an account choice when it is wanted.
import type { interactionPolicy as InteractionPolicy } from 'oidc-provider'
import type { AccountBook } from './accounts.ts'

type Policy = typeof InteractionPolicy

export function createInteractionPolicy(
  { Check, Prompt, base }: Policy,
  accounts: AccountBook,
): InteractionPolicy.DefaultPolicy {
  const policy = base()

  // `prompt=select_account`: shows the accounts even to somebody who is signed in.
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 0)

  // A login_hint for another account than the one signed in asks again; going on silently would connect the wrong account.
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
