// Fills {placeholders}. A missing or empty value removes its whole entry. A secret is filled only from values
// that may hold secrets (for a body or header to the provider). In any other template a placeholder of a
// secret is refused, because a URL or a displayed field would disclose it.
import { KeywayError } from '../contract/errors.ts'
import type { TemplateParameter } from '../contract/provider-spec.ts'
import {
  isSafeUrl,
  isSecretPlaceholder,
  misplacedMessage,
  placeholdersIn,
} from '../contract/provider-template.ts'
import { withoutTrailing } from './without-trailing.ts'

/** Placeholder name → value, e.g. `tenant`, `token.instance_url`, `client_id`. */
export type TemplateValues = Readonly<Record<string, string>>

const placeholder = /\{([A-Za-z_][A-Za-z0-9_.[\]-]*)\}/g

/**
 * The filled text, or null when a value is missing or empty. @throws KeywayError `config_error` for a secret
 * that is not allowed here
 */
export function fillTemplate(text: string, values: TemplateValues): string | null {
  let complete = true
  const filled = text.replace(placeholder, (_whole, name: string) => {
    const value = valueOf(values, name)
    if (value === '') complete = false
    return value
  })
  return complete ? filled : null
}

/** For bodies in a language that uses braces (GraphQL): fills known names and leaves the rest as it is. */
export function fillKnown(text: string, values: TemplateValues): string {
  return text.replace(placeholder, (whole, name: string) => valueOf(values, name) || whole)
}

/** Fills a map of templates; omits entries that are incomplete or empty. */
export function fillMap(
  map: Readonly<Record<string, string>>,
  values: TemplateValues,
): Record<string, string> {
  const filled: Record<string, string> = {}
  for (const [name, template] of Object.entries(map)) {
    const text = fillTemplate(template, values)
    if (text !== null && text !== '') filled[name] = text
  }
  return filled
}

/**
 * Whether a whole value matches a pattern that came as data. The service passes in a regular expression
 * engine whose time is linear in the value's length.
 */
export type PatternMatch = (pattern: string, value: string) => 'fits' | 'misfits' | 'unreadable'

export type ParameterProblem = { name: string; message: string }

/** Template parameters with their defaults, each validated against its pattern. */
export function resolveParameters(
  parameters: readonly TemplateParameter[],
  given: TemplateValues,
  match: PatternMatch,
): { values: Record<string, string>; problems: ParameterProblem[] } {
  const values: Record<string, string> = {}
  const problems: ParameterProblem[] = []
  for (const parameter of parameters) {
    const typed = (Object.hasOwn(given, parameter.name) ? (given[parameter.name] ?? '') : '').trim()
    const value = typed === '' ? (parameter.default ?? '') : typed
    const message = problemOf(parameter, value, match)
    if (message === null) values[parameter.name] = value
    else problems.push({ name: parameter.name, message })
  }
  return { values, problems }
}

function problemOf(parameter: TemplateParameter, value: string, match: PatternMatch): string | null {
  if (value === '') return parameter.required ? `${parameter.label} is needed.` : null
  const matched = parameter.pattern === null ? 'fits' : match(parameter.pattern, value)
  if (matched === 'fits') return null
  if (matched === 'unreadable') return `The pattern of ${parameter.label} cannot be used here.`
  return `${parameter.label} does not look right${parameter.example === null ? '.' : `; an example is ${parameter.example}.`}`
}

/** @throws KeywayError `config_error` for a secret that these values do not hold */
function valueOf(values: TemplateValues, name: string): string {
  if (Object.hasOwn(values, name)) return values[name] ?? ''
  if (isSecretPlaceholder(name)) throw misplacedSecret(name)
  return ''
}

function misplacedSecret(name: string): KeywayError {
  return new KeywayError('config_error', {
    message: misplacedMessage(name),
    nextStep: 'Take it out of that field on the provider page.',
    details: { placeholder: name },
  })
}

// A URL made from a template. Values set a host only where the template allows it, and a host from a response
// or callback must match the provider's pattern. Otherwise a hostile response could redirect a token to any
// host.

export type UrlRules = {
  values: TemplateValues
  /** Names whose values were validated against their own pattern; they may also hold a path. */
  checked?: readonly string[]
  /**
   * Pattern for a host from {token.x}, {callback.x}, {identity.x} or {resource.x}; null refuses all of them.
   */
  dynamicHostPattern?: string | null
  /** Matches that pattern. */
  match?: PatternMatch
}

export type FilledUrl =
  | { ok: true; url: string }
  | { ok: false; reason: 'missing' | 'unsafe' | 'secret' | 'host_refused'; message: string }

const dynamicName = /^(?:token|callback|identity|resource)\./
const parts = /^([a-z][a-z0-9+.-]*:\/\/|)([^/?#]*)([^?#]*)(\?[^#]*)?/i

/** Fills a URL template and validates the result: https, or http on this machine. */
export function fillUrl(template: string, rules: UrlRules): FilledUrl {
  // Refused whatever the values hold: browsers, proxies and logs see a URL.
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

/** A validated parameter is inserted unchanged: its pattern defines what it may contain. */
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
