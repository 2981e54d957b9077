// The page where one of the made-up accounts is picked or typed.
import type { RehearsalAccount } from '../accounts.ts'
import { escapeHtml, renderPage } from './layout.ts'

export type SignInPage = {
  /** Where the forms go. */
  action: string
  clientName: string
  accounts: readonly RehearsalAccount[]
  /** What the field holds at first: the login_hint, or what was typed before. */
  account: string
  problem: string | null
}

export function signInPage({ action, clientName, accounts, account, problem }: SignInPage): string {
  const to = escapeHtml(action)
  return renderPage({
    title: 'Sign in',
    body: `<p><strong>${escapeHtml(clientName)}</strong> wants to connect an account. There is no password: take any.</p>
${problem === null ? '' : `<p role="alert" id="problem">${escapeHtml(problem)}</p>`}
<form method="post" action="${to}" novalidate>
<label for="account">Account</label>
<input type="text" id="account" name="account" value="${escapeHtml(account)}" list="known" inputmode="email" autocomplete="off"
 autocapitalize="none" spellcheck="false" required${problem === null ? '' : ' aria-invalid="true" aria-describedby="problem"'}>
<datalist id="known">${accounts.map(({ email }) => `<option value="${escapeHtml(email)}"></option>`).join('')}</datalist>
<button type="submit" class="primary">Sign in</button>
</form>
<h2>Or pick somebody</h2>
<form method="post" action="${to}" class="people">
${accounts.map(personButton).join('\n')}
</form>
<form method="post" action="${to}"><button type="submit" class="plain" name="decision" value="deny">Cancel</button></form>`,
  })
}

const personButton = ({ email, name }: RehearsalAccount): string =>
  `<button type="submit" name="account" value="${escapeHtml(email)}">${escapeHtml(name)} <span>${escapeHtml(email)}</span></button>`
