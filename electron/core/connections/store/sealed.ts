// The encrypted part of a connection, bound to that connection. Only this file encrypts and decrypts it.
import { z } from 'zod'
import type { ConnectionRecord, TokenSet } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { Secret, secretOrNull } from '../../../../shared/contract/secret.ts'
import type { TokenResponse } from '../../oauth/types.ts'
import type { SecretBox } from '../../vault/status.ts'

export const tokenSet = z.object({
  accessToken: z.string(),
  tokenType: z.string(),
  refreshToken: z.string().nullable(),
  idToken: z.string().nullable(),
  dpopKey: z.record(z.string(), z.unknown()).nullable(),
  second: z
    .object({
      accessToken: z.string(),
      refreshToken: z.string().nullable(),
      expiresAt: z.number().nullable(),
    })
    .nullable(),
})

/** Which of the two encrypted fields of a record. */
export type TokenPlace = 'current' | 'previous'

/** What a token set is bound to: this connection of this provider at this generation. */
export type SealedFor = Pick<ConnectionRecord, 'id' | 'providerId' | 'generation'>

export type SealedRecord = SealedFor & Pick<ConnectionRecord, 'sealedTokens' | 'sealedPrevious'>

/**
 * The whole token set of one encrypted field, for a bundle.
 * @throws KeywayError vault_locked | data_damaged
 */
export function openTokenSet(box: SecretBox, record: SealedRecord, place: TokenPlace = 'current'): TokenSet {
  return parseSet(box, record, place)
}

/**
 * Encrypts a token set.
 * @throws KeywayError vault_locked
 */
export function sealTokenSet(
  box: SecretBox,
  of: SealedFor,
  set: TokenSet,
  place: TokenPlace = 'current',
): string {
  return box.seal(new Secret(JSON.stringify(set)), associatedData(of, place))
}

// Includes generation and place. Otherwise a ciphertext of an earlier generation, or two swapped ones, would
// send an old refresh token, and a rotating provider treats that as theft and revokes the authorization.
const associatedData = ({ id, providerId, generation }: SealedFor, place: TokenPlace): string =>
  `connection:${id}:tokens:2:${providerId}:${generation}:${place}`

/** The associated data of versions before folder format 2. */
const oldAssociatedData = (id: string): string => `connection:${id}:tokens`

/** A decrypted token set in memory, with its values wrapped as secrets. */
export type OpenTokens = {
  accessToken: Secret
  tokenType: string
  refreshToken: Secret | null
  idToken: Secret | null
  dpopKey: TokenSet['dpopKey']
}

/** @throws KeywayError vault_locked | data_damaged */
export function openTokens(box: SecretBox, record: SealedRecord, place: TokenPlace = 'current'): OpenTokens {
  const set = parseSet(box, record, place)
  return {
    accessToken: new Secret(set.accessToken),
    tokenType: set.tokenType,
    refreshToken: secretOrNull(set.refreshToken),
    idToken: secretOrNull(set.idToken),
    dpopKey: set.dpopKey,
  }
}

/**
 * Encrypts a response. Missing values are taken from the previous set: without a refresh token in the
 * response the old one stays valid (RFC 6749 6), and a refresh rarely repeats the id_token.
 */
export function sealResponse(
  box: SecretBox,
  of: SealedFor,
  answer: TokenResponse,
  before: SealedRecord | null,
): string {
  const old = before === null ? null : parseSet(box, before, 'current')
  const set: TokenSet = {
    accessToken: answer.accessToken.reveal(),
    tokenType: answer.tokenType,
    refreshToken: answer.refreshToken?.reveal() ?? old?.refreshToken ?? null,
    idToken: answer.idToken?.reveal() ?? old?.idToken ?? null,
    dpopKey: answer.dpopKey === null ? (old?.dpopKey ?? null) : { ...answer.dpopKey },
    second:
      answer.second === null
        ? (old?.second ?? null)
        : {
            accessToken: answer.second.accessToken.reveal(),
            refreshToken: answer.second.refreshToken?.reveal() ?? old?.second?.refreshToken ?? null,
            expiresAt: answer.second.expiresAt,
          },
  }
  return sealTokenSet(box, of, set)
}

/**
 * The current tokens, encrypted as the previous ones of the next generation.
 * @throws KeywayError vault_locked | data_damaged
 */
export function sealAsPrevious(box: SecretBox, before: SealedRecord, of: SealedFor): string {
  return sealTokenSet(box, of, parseSet(box, before, 'current'), 'previous')
}

/** The record with tokens of an earlier version encrypted again; otherwise the same record. Never throws. */
export function resealed(box: SecretBox, record: ConnectionRecord): ConnectionRecord {
  if (!box.unlocked || !isOld(box, record, 'current')) return record
  try {
    const previous = record.sealedPrevious === null ? null : parseSet(box, record, 'previous')
    return {
      ...record,
      sealedTokens: sealTokenSet(box, record, parseSet(box, record, 'current')),
      sealedPrevious: previous === null ? null : sealTokenSet(box, record, previous, 'previous'),
    }
  } catch {
    return record
  }
}

function parseSet(box: SecretBox, record: SealedRecord, place: TokenPlace): TokenSet {
  box.gate?.connection(record)
  const sealed = sealedIn(record, place)
  const aad = isOld(box, record, place) ? oldAssociatedData(record.id) : associatedData(record, place)
  const text = box.open(sealed, aad).reveal()
  const parsed = tokenSet.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new KeywayError('data_damaged', {
    message: 'The stored tokens of a connection cannot be read.',
    nextStep: 'Reconnect the account.',
    details: { connectionId: record.id },
  })
}

const sealedIn = (record: SealedRecord, place: TokenPlace): string =>
  (place === 'current' ? record.sealedTokens : record.sealedPrevious) ?? ''

/** Only ciphertexts that were in the folder when it was upgraded may have the old format. */
const isOld = (box: SecretBox, record: SealedRecord, place: TokenPlace): boolean =>
  box.gate?.opensOld(record.id, place, sealedIn(record, place)) === true &&
  !opens(box, sealedIn(record, place), associatedData(record, place))

function opens(box: SecretBox, sealed: string, aad: string): boolean {
  try {
    box.open(sealed, aad)
    return true
  } catch (error) {
    if (error instanceof KeywayError && error.code === 'data_damaged') return false
    throw error
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
