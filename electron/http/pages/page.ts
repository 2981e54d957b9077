/** One style for all of Keyway's plain pages, light and dark by the system's choice. */
import { createHash } from 'node:crypto'
import { COMMON_HEADERS } from '../server/respond.ts'

const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1b1f27; --soft: #5a6372; --paper: #f6f7f9; --card: #fff; --line: #dfe3ea; --accent: #1f5fd0; --good: #17703f; --bad: #a62a21; --code: #eef1f5 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf1; --soft: #a3adbd; --paper: #12151b; --card: #1a1e26; --line: #2c323e; --accent: #8fb6ff; --good: #6fd39b; --bad: #ff9a90; --code: #232936 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; -webkit-text-size-adjust: 100% }
body.note { min-height: 100vh; display: grid; place-items: center; padding: 24px }
body.document { max-width: 900px; margin: 0 auto; padding: 32px 20px 96px }
main.card { width: 100%; max-width: 460px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 32px; box-shadow: 0 1px 2px rgb(0 0 0 / .05), 0 12px 32px rgb(0 0 0 / .06) }
h1 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 8px; text-wrap: balance }
h2 { font-size: 1.15rem; margin: 48px 0 12px }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
p { margin: 0 0 12px } p:last-child { margin-bottom: 0 }
.soft { color: var(--soft) } .good { color: var(--good) } .bad { color: var(--bad) }
.mark { font-size: 2rem; line-height: 1; margin-bottom: 16px }
.next { margin-top: 20px; padding-top: 16px; border-top: 1px solid var(--line) }
.brand { margin-top: 24px; font-size: .85rem; color: var(--soft) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 16px 0 0 } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
code, pre { font: .9em/1.5 ui-monospace, "JetBrains Mono", SFMono-Regular, Consolas, monospace; background: var(--code); border-radius: 6px } code { padding: 1px 5px } pre { padding: 12px 14px; overflow-x: auto; margin: 12px 0 }
pre code { background: none; padding: 0 }
.user-code { font: 700 1.8rem/1.2 ui-monospace, Consolas, monospace; letter-spacing: .12em; margin: 16px 0 }
a { color: var(--accent) } a:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px }
article { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; margin: 12px 0 }
.method { display: inline-block; min-width: 64px; font: 700 .8rem/1.6 ui-monospace, Consolas, monospace; color: var(--accent) }
table { border-collapse: collapse; width: 100%; margin: 8px 0; font-size: .92rem } th, td { text-align: left; vertical-align: top; padding: 6px 10px 6px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere } th { color: var(--soft); font-weight: 600 } td code { overflow-wrap: break-word } td.fixed { white-space: nowrap; overflow-wrap: normal }
details { margin-top: 10px } summary { cursor: pointer; color: var(--soft) }
@media (max-width: 520px) { main.card { padding: 24px 20px } dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: 8px } }
`

// Keyway's own pages outside the window: no scripts, no requests, one inline style that the CSP names by its
// hash.

const STYLE_HASH = createHash('sha256').update(PAGE_STYLE).digest('base64')
const CSP = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Text that is safe to stand in a page. Only {@link html} and {@link raw} make it. */
export type Markup = { readonly markup: string }

function raw(markup: string): Markup {
  return { markup }
}

/** Escapes every value that is not markup already. */
export function html(
  strings: TemplateStringsArray,
  ...values: ReadonlyArray<string | number | Markup | Markup[]>
): Markup {
  return raw(strings.reduce((text, part, index) => text + markupOf(values[index - 1] ?? '') + part))
}

function markupOf(value: string | number | Markup | Markup[]): string {
  if (Array.isArray(value)) return value.map(({ markup }) => markup).join('')
  return typeof value === 'object' ? value.markup : escapeText(String(value))
}

function escapeText(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character)
}

export function page(title: string, body: Markup, layout: 'note' | 'document' = 'note'): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title} · Keyway</title>
        ${raw(`<style>${PAGE_STYLE}</style>`)}
      </head>
      <body class="${layout}">
        ${body}
      </body>
    </html>`.markup
}

export function pageHeaders(): Record<string, string> {
  return { ...COMMON_HEADERS, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': CSP }
}
