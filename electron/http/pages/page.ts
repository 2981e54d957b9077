// Keyway's own pages outside the window: no scripts, no requests, one inline style that the CSP names by its hash.
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { COMMON_HEADERS } from '../send.ts'
import { PAGE_STYLE } from './page-style.ts'

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

export function raw(markup: string): Markup {
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

export function sendPage(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { ...pageHeaders(), 'content-length': Buffer.byteLength(text), ...headers })
  response.end(text)
}
