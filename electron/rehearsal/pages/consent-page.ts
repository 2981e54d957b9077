// The page where a person allows or denies. Single permissions can be left out, so that partial grants can be rehearsed.
import type { RehearsalAccount } from '../accounts.ts'
import { scopeWords } from '../scopes.ts'
import { escapeHtml, renderPage } from './layout.ts'

export type ConsentPage = {
  action: string
  clientName: string
  account: RehearsalAccount
  scopes: readonly string[]
  /** Where the answer goes: shown, as the person should know. */
  redirectUri: string | null
}

export function consentPage({ action, clientName, account, scopes, redirectUri }: ConsentPage): string {
  const to = escapeHtml(action)
  const destination =
    redirectUri === null ? '' : `<p>The answer goes to <code>${escapeHtml(redirectUri)}</code>.</p>`
  return renderPage({
    title: 'Allow access?',
    body: `<p><strong>${escapeHtml(clientName)}</strong> asks for access as <strong>${escapeHtml(account.name)}</strong> (${escapeHtml(account.email)}).</p>
<form method="post" action="${to}">
<fieldset><legend>It wants to</legend>
${scopes.map(scopeBox).join('\n')}
</fieldset>
<button type="submit" class="primary" name="decision" value="allow">Allow access</button>
<button type="submit" class="plain" name="decision" value="deny">Deny</button>
</form>
${destination}<p><a href="${to}?switch=1">Somebody else</a></p>`,
  })
}

/** `openid` is the sign-in itself and cannot be left out. */
function scopeBox(scope: string): string {
  const fixed = scope === 'openid' ? ' disabled' : ''
  const words = scopeWords[scope] ?? 'Something this server has no words for'
  return `<label><input type="checkbox" name="scope" value="${escapeHtml(scope)}" checked${fixed}><span>${escapeHtml(words)}<small>${escapeHtml(scope)}</small></span></label>`
}
