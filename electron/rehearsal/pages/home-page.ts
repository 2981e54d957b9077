// The provider's front page: what somebody needs to register it in Keyway by hand.
import type { RehearsalClient, RehearsalClients } from '../clients.ts'
import { escapeHtml, renderPage } from './layout.ts'

export function homePage(provider: { issuer: string; clients: RehearsalClients }): string {
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

const clientRows = (title: string, client: RehearsalClient): string =>
  `<dt>${escapeHtml(title)}</dt><dd><code>${escapeHtml(client.clientId)}</code>${
    client.clientSecret === null ? '' : `<br>made-up secret <code>${escapeHtml(client.clientSecret)}</code>`
  }</dd>`
