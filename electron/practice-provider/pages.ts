// The layout of every page: plain HTML and CSS, no scripts, no external fonts or images, light and dark by
// the system.
import { type PracticeAccount, scopeWords } from './accounts.ts'
import type { PracticeClient, PracticeClients } from './clients.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For text and for attribute values in double quotes. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)

export type PageContent = {
  title: string
  /** HTML; all variable parts are escaped already. */
  body: string
}

export const renderPage = ({ title, body }: PageContent): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(title)} · Practice provider</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<style>${styles}</style>
</head>
<body>
<header><p>Practice provider <span>Nothing here is real</span></p></header>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
<footer><p>This page comes from Keyway's own practice server on this computer. The people, files and secrets are made up.</p></footer>
</body>
</html>
`

/**
 * Headers of a page. No form-action: browsers apply it to the redirect that carries the response back to the
 * client.
 */
export const practicePageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const styles = `
:root { color-scheme: light dark; --ground: #f3f4f7; --card: #fff; --ink: #191c22; --soft: #565d6b; --line: #d5d9e1;
  --field: #8a91a0; --accent: #3a4fd0; --on-accent: #fff; --accent-soft: #eceefc; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #111318; --card: #1b1e25; --ink: #eceef3; --soft: #a8afbd; --line: #343945;
  --field: #767d8c; --accent: #a9b5ff; --on-accent: #141a3d; --accent-soft: #262b46; --bad: #ffb4ab; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; grid-template-rows: auto 1fr auto; justify-items: center; padding: 0 1rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
header, footer, main { width: 100%; max-width: 27rem; }
header p { display: flex; justify-content: space-between; gap: 1rem; margin: 1.5rem 0 .75rem; font-weight: 600; font-size: .9rem; }
header span { color: var(--soft); font-weight: 400; }
main { align-self: start; background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.75rem;
  box-shadow: 0 1px 2px rgb(0 0 0 / .05), 0 8px 24px rgb(0 0 0 / .05); }
footer p { color: var(--soft); font-size: .85rem; margin: 1rem 0 1.5rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: .9rem; margin: 1.75rem 0 .6rem; color: var(--soft); font-weight: 600; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
label { display: block; font-weight: 600; font-size: .9rem; margin: 1.25rem 0 .35rem; }
input[type=text] { width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--field);
  border-radius: .55rem; padding: .6rem .75rem; }
input.code { font: 600 1.25rem/1.4 ui-monospace, monospace; letter-spacing: .12em; text-transform: uppercase; }
button { font: inherit; font-weight: 600; cursor: pointer; border-radius: .55rem; padding: .65rem 1rem; width: 100%;
  border: 1px solid var(--line); background: var(--card); color: var(--ink); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); margin-top: 1rem; }
button:hover { border-color: var(--accent); }
button.primary:hover { filter: brightness(1.08); }
button.plain { border-color: transparent; background: none; color: var(--soft); margin-top: .35rem; }
.people { display: grid; gap: .5rem; }
.people button { text-align: left; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .75rem; }
.people span { font-weight: 400; color: var(--soft); }
fieldset { border: 0; margin: 1.25rem 0 0; padding: 0; }
legend { font-weight: 600; font-size: .9rem; padding: 0; margin-bottom: .35rem; }
fieldset label { display: flex; gap: .7rem; align-items: baseline; font-weight: 400; font-size: 1rem; margin: 0; padding: .55rem .1rem;
  border-top: 1px solid var(--line); }
fieldset small { display: block; color: var(--soft); font: .8rem/1.4 ui-monospace, monospace; }
input[type=checkbox] { accent-color: var(--accent); width: 1.05rem; height: 1.05rem; flex: none; translate: 0 .15rem; }
[role=alert] { color: var(--bad); font-weight: 600; }
code { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.big-code { font: 600 1.6rem/1.4 ui-monospace, monospace; letter-spacing: .12em; }
dl { margin: 0; } dt { font-weight: 600; font-size: .85rem; color: var(--soft); margin-top: .8rem; } dd { margin: 0; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (prefers-contrast: more) { :root { --line: currentColor; --soft: var(--ink); } }
`

// The consent page. Single scopes can be deselected, to practice partial grants.

export type ConsentPage = {
  action: string
  clientName: string
  account: PracticeAccount
  scopes: readonly string[]
  /** The redirect URI, shown so that the person knows it. */
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

/** `openid` is the sign-in itself and cannot be deselected. */
function scopeBox(scope: string): string {
  const fixed = scope === 'openid' ? ' disabled' : ''
  const words = scopeWords[scope] ?? 'Something this server has no words for'
  return `<label><input type="checkbox" name="scope" value="${escapeHtml(scope)}" checked${fixed}><span>${escapeHtml(words)}<small>${escapeHtml(scope)}</small></span></label>`
}

// The provider's home page: the values for registering it in Keyway by hand.

export function homePage(provider: { issuer: string; clients: PracticeClients }): string {
  const { basic, post, native } = provider.clients
  return renderPage({
    title: 'Practise without a real account',
    body: `<p>A real OpenID provider that runs on this computer and forgets everything when it stops.</p>
<dl>
<dt>Issuer</dt><dd><code>${escapeHtml(provider.issuer)}</code></dd>
<dt>Protected API to call</dt><dd><code>${escapeHtml(`${provider.issuer}/api/me`)}</code></dd>
</dl>
<h2>Clients</h2>
<dl>
${clientRows('Confidential, secret in the header', basic)}
${clientRows('Confidential, secret in the body', post)}
${clientRows('Public and native, PKCE', native)}
</dl>`,
  })
}

const clientRows = (title: string, client: PracticeClient): string =>
  `<dt>${escapeHtml(title)}</dt><dd><code>${escapeHtml(client.clientId)}</code>${
    client.clientSecret === null ? '' : `<br>made-up secret <code>${escapeHtml(client.clientSecret)}</code>`
  }</dd>`

// The page for errors before the person can be redirected to the client.

export function problemPage(problem: { error: string; error_description?: string | undefined }): string {
  return renderPage({
    title: 'This does not work',
    body: `<p role="alert">${escapeHtml(problem.error_description ?? problem.error)}</p>
<p>Error code: <code>${escapeHtml(problem.error)}</code></p>
<p>Go back to Keyway and start the sign-in again.</p>`,
  })
}

// The page where one of the fictional accounts is chosen or typed.

export type SignInPage = {
  /** Action URLs of the forms. */
  action: string
  clientName: string
  accounts: readonly PracticeAccount[]
  /** Initial value of the field: the login_hint, or the previous input. */
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

const personButton = ({ email, name }: PracticeAccount): string =>
  `<button type="submit" name="account" value="${escapeHtml(email)}">${escapeHtml(name)} <span>${escapeHtml(email)}</span></button>`
