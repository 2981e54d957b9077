// Normalizes the response of a token endpoint. Pure: the caller passes the time of receipt and the server's
// clock.
import type { TokenSpec } from '../contract/provider-token-spec.ts'
import { parseJsonOr } from './exact-json.ts'
import { jwtLifetime, parseLifetime, parseMoment } from './expiry.ts'
import { readPath, readText, textOf } from './json-path.ts'
import { namedSecrets } from './redact.ts'
import { parseScopes, type ScopeReading } from '../contract/scope-list.ts'

export type TokenReply = {
  status: number
  text: string
  receivedAt: number
  /** The server's clock at that time (its Date header), or `receivedAt` when it sent none. */
  serverNow: number
}

export type OneToken = {
  accessToken: string
  refreshToken: string | null
  lifetimeSeconds: number | null
  scopes: string[] | null
}

export type Tokens = OneToken & {
  tokenType: string
  idToken: string | null
  refreshLifetimeSeconds: number | null
  /** When the server issued the token, in epoch ms of its clock. */
  issuedAt: number | null
  accountId: string | null
  accountLabel: string | null
  second: OneToken | null
}

/**
 * `secrets`: strings of the response that must not be shown or stored in plain text, also where they occur in
 * another field.
 */
export type ParsedReply =
  | { kind: 'tokens'; tokens: Tokens; data: Readonly<Record<string, unknown>>; secrets: string[] }
  | ({ kind: 'error'; secrets: string[] } & ReplyError)
  | { kind: 'unreadable'; code: UnreadableCode; message: string }

export type UnreadableCode =
  'empty_answer' | 'html_answer' | 'torn_answer' | 'text_answer' | 'odd_answer' | 'no_token_in_answer'

const unreadableCodes = {
  empty: 'empty_answer',
  html: 'html_answer',
  torn: 'torn_answer',
  text: 'text_answer',
  not_an_object: 'odd_answer',
} as const

/**
 * Parses a response by the spec. Anything that is neither tokens nor an error is returned as unreadable, with
 * the reason.
 */
export function parseTokenReply(
  reply: TokenReply,
  spec: TokenSpec,
  scopes: ScopeReading = { separator: ' ', known: [] },
): ParsedReply {
  const read = readTokenBody(reply.text)
  if (read.kind === 'unreadable') {
    return { kind: 'unreadable', code: unreadableCodes[read.reason], message: read.message }
  }
  if (reply.status < 200 || reply.status > 299) {
    const error = errorOf(read.body, spec)
    return error === null
      ? { kind: 'unreadable', code: 'odd_answer', message: 'The answer names no error.' }
      : { kind: 'error', ...error, secrets: namedSecrets(read.body) }
  }
  const data = dataOf(read.body, spec)
  const tokens = tokensOf(data, { spec, reply, scopes })
  const error = errorInSuccess(read.body, spec, { hasToken: tokens !== null })
  const secrets = [...secretsOf(tokens), ...namedSecrets(read.body)]
  if (error !== null) return { kind: 'error', ...error, secrets }
  return tokens === null
    ? { kind: 'unreadable', code: 'no_token_in_answer', message: 'The answer holds no usable access token.' }
    : { kind: 'tokens', tokens, data, secrets }
}

/** All tokens of a response, wherever they are in it. */
function secretsOf(tokens: Tokens | null): string[] {
  if (tokens === null) return []
  const { accessToken, refreshToken, idToken, second } = tokens
  const all = [accessToken, refreshToken, idToken, second?.accessToken, second?.refreshToken]
  return all.filter((token) => typeof token === 'string')
}

function dataOf(body: Readonly<Record<string, unknown>>, spec: TokenSpec): Readonly<Record<string, unknown>> {
  if (spec.envelope === null) return body
  const inner = readPath(body, spec.envelope.dataPath)
  return inner !== null && typeof inner === 'object' ? (inner as Record<string, unknown>) : {}
}

type Reading = { spec: TokenSpec; reply: TokenReply; scopes: ScopeReading }

function tokensOf(data: Readonly<Record<string, unknown>>, how: Reading): Tokens | null {
  const { paths, issuedAt } = how.spec
  const second = secondOf(data, how)
  const places = [paths.accessToken ?? 'access_token', ...how.spec.accessTokenAliases]
  const accessToken = firstToken(data, places)
  const main: OneToken | null =
    accessToken === null
      ? second
      : {
          accessToken,
          refreshToken: firstToken(data, [paths.refreshToken ?? 'refresh_token']),
          lifetimeSeconds: lifetimeOf(data, accessToken, how),
          scopes: scopesIn(data, paths.scope ?? 'scope', how),
        }
  if (main === null) return null
  return {
    ...main,
    tokenType: readText(data, paths.tokenType ?? 'token_type') ?? 'bearer',
    idToken: firstToken(data, [paths.idToken ?? 'id_token']),
    refreshLifetimeSeconds: refreshLifetimeOf(data, how),
    issuedAt: issuedAt === null ? null : parseMoment(readPath(data, issuedAt.path), issuedAt.format),
    accountId: paths.accountId === undefined ? null : readText(data, paths.accountId),
    accountLabel: paths.accountLabel === undefined ? null : readText(data, paths.accountLabel),
    // Only the second token was issued (a person's token without a bot's), so it is used as the first.
    second: accessToken === null ? null : second,
  }
}

function secondOf(data: Readonly<Record<string, unknown>>, how: Reading): OneToken | null {
  const place = how.spec.secondToken
  const accessToken = place === null ? null : firstToken(data, [place.accessToken])
  if (place === null || accessToken === null) return null
  return {
    accessToken,
    refreshToken: place.refreshToken === undefined ? null : firstToken(data, [place.refreshToken]),
    lifetimeSeconds: place.expiresIn === undefined ? null : seconds(data, place.expiresIn, how),
    scopes: place.scope === undefined ? null : scopesIn(data, place.scope, how),
  }
}

/** Where servers without `expires_in` state the end, as a date or in seconds. */
const usualEnds = ['expires_at', 'expires_on', 'expiresAt', 'expires', '.expires']

/** An empty list says nothing: RFC 6749 3.3 has no empty scope, and some apps always receive one. */
function scopesIn(data: unknown, path: string, { scopes }: Reading): string[] | null {
  const named = parseScopes(readPath(data, path), scopes.separator, scopes.known)
  return named === null || named.length === 0 ? null : named
}

function lifetimeOf(
  data: Readonly<Record<string, unknown>>,
  accessToken: string,
  how: Reading,
): number | null {
  const { spec, reply } = how
  const place = spec.paths.expiresIn ?? 'expires_in'
  const told = seconds(data, place, how)
  if (told !== null) return told
  if (spec.zeroExpiresInMeansNever && Number(readPath(data, place)) === 0) return null
  const moment =
    spec.expiresAt === null ? null : parseMoment(readPath(data, spec.expiresAt.path), spec.expiresAt.format)
  if (moment !== null && moment > reply.serverNow) return (moment - reply.serverNow) / 1000
  // RFC 6749 5.1: "other means".
  return (
    firstEnd(data, usualEnds, how) ?? jwtLifetime(accessToken, reply.serverNow) ?? spec.defaultLifetimeSeconds
  )
}

/** Top-level members by their exact name, dots included. */
function firstEnd(
  data: Readonly<Record<string, unknown>>,
  names: readonly string[],
  { reply }: Reading,
): number | null {
  for (const name of names) {
    const value = Object.hasOwn(data, name) ? data[name] : null
    const found = parseLifetime(value, { unit: 'seconds', serverNow: reply.serverNow })
    if (found !== null) return found
  }
  return null
}

/** Not standardized; most servers that send it use one of these names. */
const usualRefreshLifetimes = [
  'refresh_token_expires_in',
  'refresh_expires_in',
  'x_refresh_token_expires_in',
  'refresh_token_expires_at',
  'refresh_expires_at',
]

/** The earlier of the sliding and the absolute expiry. */
function refreshLifetimeOf(data: Readonly<Record<string, unknown>>, how: Reading): number | null {
  const { spec, reply } = how
  const date =
    spec.refreshExpiresAt === null
      ? null
      : parseMoment(readPath(data, spec.refreshExpiresAt.path), spec.refreshExpiresAt.format)
  const isSpelledOut = spec.refreshExpiresIn !== null || spec.refreshExpiresAt !== null
  const places = isSpelledOut ? [spec.refreshExpiresIn ?? []].flat() : usualRefreshLifetimes
  const ends = [
    ...places.map((place) => seconds(data, place, how)),
    spec.refreshHardExpiresIn === null ? null : seconds(data, spec.refreshHardExpiresIn, how),
    date === null || date <= reply.serverNow ? null : (date - reply.serverNow) / 1000,
  ].filter((end) => end !== null)
  if (ends.length > 0) return Math.min(...ends)
  return jwtLifetime(firstToken(data, [spec.paths.refreshToken ?? 'refresh_token']), reply.serverNow)
}

function seconds(data: unknown, path: string, how: Reading): number | null {
  return parseLifetime(readPath(data, path), {
    unit: how.spec.expiresInUnit,
    serverNow: how.reply.serverNow,
  })
}

/** A token is sent in headers, so text with spaces or control characters is not accepted as one. */
function firstToken(data: unknown, places: readonly string[]): string | null {
  for (const place of places) {
    const token = textOf(readPath(data, place))
    if (token !== null && /^[^\s\p{Cc}]+$/u.test(token)) return token
  }
  return null
}

// Reads the error of a token response: RFC 6749 5.2, or what real servers send instead, with an error status
// or inside a 200.

export type ReplyError = { code: string; description: string | null }

/** The error in a body with an error status (or without a token). Null: the body names none. */
export function errorOf(body: Readonly<Record<string, unknown>>, spec: TokenSpec): ReplyError | null {
  const code = codeOf(body, spec)
  if (code === null) return null
  return { code: aliasOf(code, spec), description: descriptionOf(body, spec) }
}

/** An error inside a 200, by the rules of the spec or by standard members. */
export function errorInSuccess(
  body: Readonly<Record<string, unknown>>,
  spec: TokenSpec,
  reply: { hasToken: boolean },
): ReplyError | null {
  if (spec.success !== null) {
    const found = readPath(body, spec.success.path)
    if (String(found) !== String(spec.success.value)) {
      return errorOf(body, spec) ?? { code: shortText(found) ?? 'unsuccessful', description: null }
    }
  }
  if (spec.errorInSuccess !== null && readText(body, spec.errorInSuccess.errorPath) !== null) {
    return errorOf(body, spec)
  }
  if (reply.hasToken) return null
  return errorOf(body, spec) ?? (saysFailure(body) ? unnamedError(body, spec) : null)
}

/** `"success": "false"`, `"status": "error"` and the like. */
function saysFailure(body: Readonly<Record<string, unknown>>): boolean {
  const flags = ['ok', 'success', 'succeeded'].map((name) => readText(body, name))
  const words = ['status', 'result', 'state'].map((name) => readText(body, name) ?? '')
  return (
    flags.some((flag) => flag === 'false' || flag === '0') ||
    words.some((word) => /^(?:error|fail|failed|failure|denied|ko|nok)$/i.test(word))
  )
}

/** An error without a code of its own; some servers send the standard code as its description. */
function unnamedError(body: Readonly<Record<string, unknown>>, spec: TokenSpec): ReplyError {
  const description = descriptionOf(body, spec)
  const isCode = /^[a-z]+(?:_[a-z]+)+$/.test(description ?? '')
  return { code: aliasOf(isCode ? (description ?? '') : 'unsuccessful', spec), description }
}

/** A flag, or the number of no error. */
const notCodes: ReadonlySet<string> = new Set(['true', 'false', '0'])

/** Possible locations of the error code, those of the spec first. */
function codeOf(body: Readonly<Record<string, unknown>>, spec: TokenSpec): string | null {
  const places = [
    spec.success?.errorPath,
    spec.errorInSuccess?.errorPath,
    'error',
    'error.code',
    'error.type',
    'error.error',
    'errorCode',
    'error_code',
    'errors[0].code',
    'code',
    'errors[0].message',
    'errcode',
    'errorcode',
    'ErrorCode',
    'Error',
    'err',
    'error_type',
    'fault.detail.errorcode',
    'fault.faultcode',
    'exception',
  ]
  for (const place of places) {
    const found = place === undefined ? null : readText(body, place)
    if (found !== null && !notCodes.has(found)) return printable(found)
  }
  return null
}

function descriptionOf(body: Readonly<Record<string, unknown>>, spec: TokenSpec): string | null {
  const places = [
    spec.errorInSuccess?.descriptionPath,
    'error_description',
    'error.message',
    'error.error_description',
    'errorSummary',
    'errors[0].message',
    'message',
    'error_message',
    'detail',
    'errorMessage',
    'errorDescription',
    'error_msg',
    'errmsg',
    'msg',
    'fault.faultstring',
    'error_reason',
    'reason',
  ]
  for (const place of places) {
    const found = place === undefined ? null : readText(body, place)
    if (found !== null) return printable(found)
  }
  return null
}

function aliasOf(code: string, spec: TokenSpec): string {
  return Object.hasOwn(spec.errorAliases, code) ? (spec.errorAliases[code] ?? code) : code
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? printable(String(value)) : null
}

/**
 * Far more than is shown. It is truncated for display only after secrets are removed, so that no part of one
 * remains at the end.
 */
const MOST_TEXT = 4000

function printable(words: string): string {
  return words
    .slice(0, MOST_TEXT)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
}

// Parses the body of a response to a JSON object: JSON under any content type, or form-encoded.

export type ParsedTokenBody =
  | { kind: 'object'; body: Readonly<Record<string, unknown>> }
  | { kind: 'unreadable'; reason: 'empty' | 'html' | 'torn' | 'text' | 'not_an_object'; message: string }

export function readTokenBody(text: string): ParsedTokenBody {
  const trimmed = text.replace(/^\uFEFF/, '').trim()
  if (trimmed === '') return { kind: 'unreadable', reason: 'empty', message: 'The answer was empty.' }
  if (trimmed.startsWith('<')) {
    return { kind: 'unreadable', reason: 'html', message: 'The answer was a web page instead of JSON.' }
  }
  const parsed = parseJsonOr(trimmed)
  if (parsed !== undefined) {
    return parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)
      ? { kind: 'object', body: parsed as Record<string, unknown> }
      : { kind: 'unreadable', reason: 'not_an_object', message: 'The answer was JSON, but not an object.' }
  }
  const form = parseForm(trimmed)
  if (form !== null) return { kind: 'object', body: form }
  return /^[{["]/.test(trimmed)
    ? { kind: 'unreadable', reason: 'torn', message: 'The answer broke off in the middle, or is no JSON.' }
    : { kind: 'unreadable', reason: 'text', message: 'The answer was plain text instead of JSON.' }
}

/**
 * Accepts a form only with a token, a device code or an error in it: truncated JSON must not be read as a
 * form.
 */
function parseForm(text: string): Record<string, string> | null {
  if (!/^[\w.-]+=[^\s<>{}"]*$/.test(text)) return null
  const fields = Object.fromEntries(new URLSearchParams(text))
  return ['access_token', 'error', 'device_code'].some((name) => name in fields) ? fields : null
}
