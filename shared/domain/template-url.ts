// A URL made from a template. Values decide a host only where the template lets them, and a host that a reply or callback invents must
// match the provider's pattern: otherwise a token could be sent wherever a hostile answer points.
import { isSafeUrl } from '../contract/provider-template.ts'
import { isSecretPlaceholder, misplacedMessage, placeholdersIn } from '../contract/secret-sinks.ts'
import type { PatternMatch, TemplateValues } from './template.ts'
import { withoutTrailing } from './without-trailing.ts'

export type UrlRules = {
  values: TemplateValues
  /** Names whose own pattern has been checked already; their values may hold a path too. */
  checked?: readonly string[]
  /** What a host taken from {token.x}, {callback.x}, {identity.x} or {resource.x} must look like; null refuses all of them. */
  dynamicHostPattern?: string | null
  /** For that pattern. */
  match?: PatternMatch
}

export type FilledUrl =
  | { ok: true; url: string }
  | { ok: false; reason: 'missing' | 'unsafe' | 'secret' | 'host_refused'; message: string }

const dynamicName = /^(?:token|callback|identity|resource)\./
const parts = /^([a-z][a-z0-9+.-]*:\/\/|)([^/?#]*)([^?#]*)(\?[^#]*)?/i

/** Fills a URL template and checks the result again: https, or http on this machine. */
export function fillUrl(template: string, rules: UrlRules): FilledUrl {
  // Whatever the values hold: an address is seen by browsers, proxies and logs.
  const secret = placeholdersIn(template).find(isSecretPlaceholder)
  if (secret !== undefined) return { ok: false, reason: 'secret', message: misplacedMessage(secret) }
  const missing = placeholdersIn(template).filter(
    (name) => (rules.values[name] ?? '') === '' && !isOptional(rules, name),
  )
  if (missing.length > 0) {
    return { ok: false, reason: 'missing', message: `No value for ${missing.join(', ')} in ${template}` }
  }
  const [, scheme = '', authority = '', path = '', query = ''] = parts.exec(template) ?? []
  const host = fillHost(authority, rules, { wholeStart: scheme === '' })
  const rest = fillPart(path, rules, safePathPiece)
  const search = fillPart(query, rules, encodeURIComponent)
  if (host === null || rest === null || search === null) {
    return { ok: false, reason: 'unsafe', message: `A value does not fit into ${template}` }
  }
  const text = `${scheme}${host}${rest}${search}`
  if (!isSafeUrl(text)) {
    return {
      ok: false,
      reason: 'unsafe',
      message: `${template} does not become an https address (http only on this machine)`,
    }
  }
  const url = new URL(text)
  if (!placeholdersIn(authority).some((name) => dynamicName.test(name))) return { ok: true, url: text }
  if (isUnreadable(rules)) {
    return {
      ok: false,
      reason: 'unsafe',
      message: 'The pattern for hosts that answers name cannot be used here',
    }
  }
  if (!hostAllowed(url, rules)) {
    return {
      ok: false,
      reason: 'host_refused',
      message: `The host ${url.host} is not one this provider may name`,
    }
  }
  return { ok: true, url: text }
}

function isUnreadable({ dynamicHostPattern = null, match }: UrlRules): boolean {
  return dynamicHostPattern !== null && match?.(dynamicHostPattern, '') === 'unreadable'
}

function hostAllowed(url: URL, rules: UrlRules): boolean {
  const pattern = rules.dynamicHostPattern ?? null
  const { match } = rules
  if (pattern === null || match === undefined) return false
  return match(pattern, url.hostname) === 'fits' || match(pattern, url.host) === 'fits'
}

/** An empty value of a parameter that may be empty (a region suffix). */
function isOptional(rules: UrlRules, name: string): boolean {
  return Object.hasOwn(rules.values, name) && (rules.checked ?? []).includes(name)
}

function fillHost(authority: string, rules: UrlRules, how: { wholeStart: boolean }): string | null {
  return fillPart(authority, rules, (value) => {
    if (!how.wholeStart) return /^[A-Za-z0-9.:-]+$/.test(value) ? value : null
    const trimmed = withoutTrailing(value, '/')
    return /^[A-Za-z0-9.-]+(?::\d+)?(?:\/|$)/.test(trimmed) ? `https://${trimmed}` : trimmed
  })
}

function safePathPiece(value: string): string | null {
  return value === '.' || value === '..' ? null : encodeURIComponent(value)
}

/** A checked parameter goes in as it is: its pattern says what it may be. */
function fillPart(text: string, rules: UrlRules, encode: (value: string) => string | null): string | null {
  let fits = true
  const filled = text.replace(/\{([A-Za-z_][A-Za-z0-9_.[\]-]*)\}/g, (_whole, name: string) => {
    const value = rules.values[name] ?? ''
    const piece = (rules.checked ?? []).includes(name) ? value : encode(value)
    if (piece === null) fits = false
    return piece ?? ''
  })
  return fits ? filled : null
}
