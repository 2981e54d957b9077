// Builds a connection record from a token response: new, refreshed, or reconnected by a sign-in. Pure except
// for the encryption.
import type { ConnectionRecord, LifeEvent } from '../../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import type { Secret } from '../../../../shared/contract/secret.ts'
import { expiryOf, okOutcome } from '../../../../shared/domain/expiry.ts'
import { unionScopes } from '../../../../shared/domain/scopes.ts'
import { newId } from '../../ports.ts'
import type { TokenResponse } from '../../oauth/types.ts'
import type { SecretBox } from '../../vault/status.ts'
import { tracesOf, withoutTraces } from '../clear-fields.ts'
import { openTokens, sealResponse, sealAsPrevious, type SealedRecord } from './sealed.ts'

/** What a finished sign-in knows besides the tokens. */
export type SignIn = {
  how: ConnectionRecord['how']
  identity: ConnectionRecord['identity']
  requestedScopes: readonly string[]
  values: Readonly<Record<string, string>>
}

type Tools = { box: SecretBox; spec: ProviderSpec; now: number; clientSecret: Secret | null }

export function newConnection(
  sign: SignIn & { providerId: string; account: string; isDefault: boolean; browser: string | null },
  answer: TokenResponse,
  { box, spec, now, clientSecret }: Tools,
): ConnectionRecord {
  const id = newId('con')
  const base = {
    version: 1 as const,
    id,
    providerId: sign.providerId,
    account: sign.account,
    isDefault: sign.isDefault,
    identity: sign.identity,
    how: sign.how,
    requestedScopes: [...sign.requestedScopes],
    grantedScopes: answer.scopes ?? [...sign.requestedScopes],
    sealedTokens: sealResponse(box, { id, providerId: sign.providerId, generation: 1 }, answer, null),
    sealedPrevious: null,
    refreshStartedAt: null,
    hasRefreshToken: answer.refreshToken !== null,
    generation: 1,
    ...timesOf(answer, spec, null, 'yes'),
    values: { ...answer.values, ...sign.values },
    browser: sign.browser,
    lastOutcome: okOutcome(now),
    createdAt: now,
    updatedAt: now,
    lastAuthorizedAt: now,
    lastUsedAt: null,
    verifiedAt: verifiedBySignIn(sign, now),
    scopesConfirmed: answer.scopes !== null,
    life: [],
  }
  const record = {
    ...base,
    life: appendHistory(base, { at: now, kind: 'connected', ...historyFactsOf(box, answer, base.expiresAt) }),
  }
  return withoutClearSecrets(record, box, clientSecret)
}

/** Removes tokens that the provider put into a field that is stored unencrypted. */
function withoutClearSecrets(
  record: ConnectionRecord,
  box: SecretBox,
  clientSecret: Secret | null,
): ConnectionRecord {
  return withoutTraces(record, tracesOf(box, record, clientSecret?.reveal() ?? null))
}

/** A new sign-in for the same connection: id, label and history are kept. */
export function reconnected(
  record: ConnectionRecord,
  sign: SignIn,
  answer: TokenResponse,
  { box, spec, now, clientSecret }: Tools,
): ConnectionRecord {
  // A refresh token of another account or of a revoked authorization must not be kept. A valid one of the
  // same account is kept if the response has no new one.
  const of = { id: record.id, providerId: record.providerId, generation: record.generation + 1 }
  const sameGrant = record.lastOutcome.status !== 'reconnect_needed' && continuesAuthorization(record, sign)
  const before = sameGrant && passesIntegrityCheck(box, record) ? record : null
  const granted = answer.scopes ?? [...sign.requestedScopes]
  const times = timesOf(answer, spec, record, answer.refreshToken === null ? 'no' : 'yes')
  const next: ConnectionRecord = {
    ...record,
    identity: {
      id: sign.identity.id ?? record.identity.id,
      label: sign.identity.label ?? record.identity.label,
    },
    how: sign.how,
    requestedScopes: [...sign.requestedScopes],
    grantedScopes: spec.scopes.additive && sameGrant ? unionScopes(record.grantedScopes, granted) : granted,
    sealedTokens: sealResponse(box, of, answer, before),
    sealedPrevious: null,
    refreshStartedAt: null,
    hasRefreshToken: answer.refreshToken !== null || (before?.hasRefreshToken ?? false),
    generation: of.generation,
    ...times,
    values: { ...(sameGrant ? record.values : {}), ...answer.values, ...sign.values },
    lastOutcome: okOutcome(now),
    verifiedAt: verifiedBySignIn(sign, now),
    scopesConfirmed: answer.scopes !== null,
    updatedAt: now,
    lastAuthorizedAt: now,
    life: appendHistory(record, {
      at: now,
      kind: 'reconnected',
      ...historyFactsOf(box, answer, times.expiresAt),
    }),
  }
  return withoutClearSecrets(next, box, clientSecret)
}

/** For `perhaps` the person has confirmed before that it is the same account. */
const continuesAuthorization = (record: ConnectionRecord, sign: SignIn): boolean =>
  ['yes', 'perhaps'].includes(sameAccount(record, sign))

/** Tokens that were changed outside Keyway are not kept; the new sign-in replaces them. */
function passesIntegrityCheck(box: SecretBox, record: ConnectionRecord): boolean {
  try {
    box.gate?.connection(record)
    return true
  } catch {
    return false
  }
}

/**
 * The next generation of the same authorization. The previous one is kept encrypted until this one has
 * worked.
 */
export function refreshedRecord(
  record: ConnectionRecord,
  answer: TokenResponse,
  { box, spec, now, clientSecret }: Tools,
): ConnectionRecord {
  const isRotation = rotatesRefreshToken(box, record, answer)
  const times = timesOf(answer, spec, record, isRotation ? 'yes' : 'no')
  const of = { id: record.id, providerId: record.providerId, generation: record.generation + 1 }
  const next: ConnectionRecord = {
    ...record,
    grantedScopes: answer.scopes ?? record.grantedScopes,
    sealedTokens: sealResponse(box, of, answer, record),
    sealedPrevious: sealAsPrevious(box, record, of),
    refreshStartedAt: null,
    hasRefreshToken: record.hasRefreshToken || answer.refreshToken !== null,
    generation: of.generation,
    ...times,
    values: { ...record.values, ...answer.values },
    lastOutcome: okOutcome(now),
    verifiedAt: now,
    scopesConfirmed: answer.scopes === null ? record.scopesConfirmed : true,
    updatedAt: now,
    life: appendHistory(record, {
      at: now,
      kind: isRotation ? 'rotated' : 'refreshed',
      ...historyFactsOf(box, answer, times.expiresAt),
    }),
  }
  return withoutClearSecrets(next, box, clientSecret)
}

/** A pasted access token counts as verified only when the provider confirmed its account. */
function verifiedBySignIn({ how, identity }: SignIn, now: number): number | null {
  const isNamed = identity.id !== null || identity.label !== null
  return how === 'pasted_access_token' && !isNamed ? null : now
}

/** Whether the response contains another refresh token than the stored one, which may then be invalid. */
export function rotatesRefreshToken(box: SecretBox, record: SealedRecord, answer: TokenResponse): boolean {
  if (answer.refreshToken === null) return false
  const stored = openTokens(box, record).refreshToken
  return stored === null || !stored.equals(answer.refreshToken)
}

/**
 * Whether two sign-ins belong to one account: by id if both have one, else by label. For `perhaps` the person
 * decides.
 */
export function sameAccount(
  record: Pick<ConnectionRecord, 'identity'>,
  other: Pick<ConnectionRecord, 'identity'>,
): 'yes' | 'no' | 'perhaps' | 'unknown' {
  const [was, is] = [record.identity, other.identity]
  const labels =
    was.label === null || is.label === null
      ? 'unknown'
      : was.label.toLowerCase() === is.label.toLowerCase()
        ? 'yes'
        : 'no'
  if (was.id === null || is.id === null) return labels
  const mayBeRounded = isShortFormOf(was.id, is.id)
  if (was.id === is.id) return mayBeRounded && labels === 'no' ? 'perhaps' : 'yes'
  return mayBeRounded ? 'perhaps' : 'no'
}

/** Earlier versions converted numeric identifiers to doubles and cut long texts. */
const CUT_AT = 300

/** Whether an earlier version would have stored this text for that identifier. */
function isShortFormOf(stored: string, id: string): boolean {
  if (stored.length === CUT_AT) return id.startsWith(stored) && id !== stored
  const hasLostDigits = /^-?(?:[1-9]\d*|0)(?:\.\d+)?$/.test(id) && id.replaceAll(/\D/g, '').length >= 16
  return hasLostDigits && String(Number(id)) === stored
}

/** If a response has no lifetime, the provider's usual lifetime applies, or the last one it sent. */
function timesOf(
  answer: TokenResponse,
  { token, refresh }: ProviderSpec,
  before: Pick<ConnectionRecord, 'lifetimeSeconds' | 'refreshTokenExpiresAt' | 'hasRefreshToken'> | null,
  isNewRefreshToken: 'yes' | 'no',
): Pick<ConnectionRecord, 'issuedAt' | 'expiresAt' | 'lifetimeSeconds' | 'refreshTokenExpiresAt'> {
  const told = answer.lifetimeSeconds ?? secondsBetween(answer.receivedAt, answer.expiresAt)
  const assumed = token.zeroExpiresInMeansNever
    ? null
    : (token.defaultLifetimeSeconds ?? before?.lifetimeSeconds ?? null)
  const lifetimeSeconds = told ?? assumed
  const assumedEnd = lifetimeSeconds === null ? null : answer.receivedAt + lifetimeSeconds * 1000
  return {
    issuedAt: answer.receivedAt,
    expiresAt: answer.expiresAt ?? (told === null ? assumedEnd : null),
    lifetimeSeconds,
    refreshTokenExpiresAt:
      answer.refreshTokenExpiresAt ?? refreshEndOf(answer, refresh, before, isNewRefreshToken),
  }
}

/**
 * The end of the refresh token if the response does not state it: by the provider's usual lifetime, else the
 * last one it sent. An idle limit (`keepAliveSeconds`) starts again with each use, any other one only with a
 * new token.
 */
function refreshEndOf(
  answer: TokenResponse,
  { refreshTokenLifetimeSeconds: usual, keepAliveSeconds, style }: ProviderSpec['refresh'],
  before: Pick<ConnectionRecord, 'refreshTokenExpiresAt' | 'hasRefreshToken'> | null,
  isNewRefreshToken: 'yes' | 'no',
): number | null {
  const known = before?.refreshTokenExpiresAt ?? null
  const hasOne = answer.refreshToken !== null || before?.hasRefreshToken === true
  if (usual === null || style !== 'standard' || !hasOne) return answer.refreshToken === null ? known : null
  const startsAgain = isNewRefreshToken === 'yes' || keepAliveSeconds !== null
  return startsAgain ? expiryOf(answer.receivedAt, usual) : known
}

function secondsBetween(from: number, to: number | null): number | null {
  return to === null ? null : Math.max(0, (to - from) / 1000)
}

/** The facts of a response for the connection history. */
function historyFactsOf(
  box: SecretBox,
  answer: TokenResponse,
  expiresAt: number | null,
): Pick<LifeEvent, 'fingerprint' | 'refreshFingerprint' | 'expiresAt' | 'message'> {
  return {
    message: skewNote(answer.clockSkewMs),
    fingerprint: box.fingerprint(answer.accessToken),
    refreshFingerprint: answer.refreshToken === null ? null : box.fingerprint(answer.refreshToken),
    expiresAt,
  }
}

/**
 * Expiry does not depend on the clock difference, but the person should know that the local clock is wrong.
 */
function skewNote(skewMs: number | null): string | null {
  if (skewMs === null || Math.abs(skewMs) < 60_000) return null
  const minutes = Math.round(Math.abs(skewMs) / 60_000)
  return `This computer's clock is ${minutes} min ${skewMs > 0 ? 'behind' : 'ahead of'} the provider's.`
}

/** Events kept per connection for the window; the audit log has all. */
const KEPT = 100

const nothing = {
  fingerprint: null,
  refreshFingerprint: null,
  expiresAt: null,
  code: null,
  message: null,
  by: null,
}

/**
 * Adds an event to the history. A repeated event (outage, busy app) only updates the time of the last one.
 */
export function appendHistory(
  record: Pick<ConnectionRecord, 'life'>,
  event: Partial<LifeEvent> & Pick<LifeEvent, 'at' | 'kind'>,
): LifeEvent[] {
  const full: LifeEvent = { ...nothing, ...event }
  const last = record.life.at(-1)
  const repeats =
    last !== undefined &&
    ['retrying', 'failed', 'used'].includes(full.kind) &&
    last.kind === full.kind &&
    last.code === full.code &&
    last.by === full.by
  return [...(repeats ? record.life.slice(0, -1) : record.life), full].slice(-KEPT)
}
