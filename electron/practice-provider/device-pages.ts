// The pages of the device flow (RFC 8628): enter the code, compare it, done. The forms are written here
// because the library's own ones contain inline scripts.
import type { KoaContextWithOIDC } from 'oidc-provider'
import { oidcRoutes } from './endpoints.ts'
import { escapeHtml, practicePageHeaders, renderPage } from './pages.ts'

type Client = NonNullable<KoaContextWithOIDC['oidc']['client']>

export function typeCode(ctx: KoaContextWithOIDC, problem?: Error): void {
  const message = problem === undefined ? null : problemWords(problem)
  show(ctx, {
    title: 'Connect a device',
    body: `${message === null ? '<p>Type the code that the device or program shows.</p>' : `<p role="alert" id="problem">${escapeHtml(message)}</p>`}
<form method="post" action="${oidcRoutes.code_verification}" novalidate>
${hidden('xsrf', xsrfOf(ctx))}
<label for="code">Code</label>
<input type="text" class="code" id="code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false" required${
      message === null ? '' : ' aria-describedby="problem"'
    }>
<button type="submit" class="primary">Continue</button>
</form>`,
  })
}

export function confirmCode(ctx: KoaContextWithOIDC, client: Client, code: string): void {
  show(ctx, {
    title: 'Is this the code?',
    body: `<p class="big-code">${escapeHtml(code)}</p>
<p>Go on only if <strong>${escapeHtml(client.clientName ?? client.clientId)}</strong> shows the same code.</p>
<form method="post" action="${oidcRoutes.code_verification}">
${hidden('xsrf', xsrfOf(ctx))}${hidden('user_code', code)}${hidden('confirm', 'yes')}
<button type="submit" class="primary">Continue</button>
<button type="submit" class="plain" name="abort" value="yes">Cancel</button>
</form>`,
  })
}

export function deviceDone(ctx: KoaContextWithOIDC): void {
  show(ctx, {
    title: 'Device connected',
    body: '<p>You can close this page and go back to the device or program.</p>',
  })
}

function show(ctx: KoaContextWithOIDC, page: { title: string; body: string }): void {
  ctx.set(practicePageHeaders)
  ctx.body = renderPage(page)
}

/** Names of oidc-provider's errors for which this page is shown again. */
function problemWords(problem: Error): string {
  if (problem.name === 'AbortedError')
    return 'Access was denied. To connect after all, start again on the device.'
  if (problem.name === 'ExpiredError') return 'That code has run out. Ask the device for a new one.'
  if (problem.name === 'AlreadyUsedError') return 'That code was used already. Ask the device for a new one.'
  if (problem.name === 'NotFoundError' || problem.name === 'NoCodeError')
    return 'There is no such code. Try again.'
  return 'That did not work. Start again on the device.'
}

function xsrfOf(ctx: KoaContextWithOIDC): string {
  const secret = ctx.oidc.session?.state?.['secret']
  return typeof secret === 'string' ? secret : ''
}

const hidden = (name: string, value: string): string =>
  `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`
