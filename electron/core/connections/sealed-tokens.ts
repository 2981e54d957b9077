// The secret part of a connection, sealed for that connection alone. Nothing else opens or seals it.
import { z } from 'zod'
import type { ConnectionRecord, TokenSet } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { Secret, secretOrNull } from '../../../shared/contract/secret.ts'
import type { TokenAnswer } from '../oauth/oauth-client.ts'
import type { SecretBox } from '../secret-box.ts'

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

/** The whole set behind one of a connection's sealed fields, for a bundle. @throws KeywayError vault_locked | data_damaged */
export function openTokenSet(
  box: SecretBox,
  record: Pick<ConnectionRecord, 'id' | 'sealedTokens'>,
): TokenSet {
  return parseSet(box, record)
}

/** The other way round. @throws KeywayError vault_locked */
export function sealTokenSet(box: SecretBox, id: string, set: TokenSet): string {
  return box.seal(new Secret(JSON.stringify(set)), tokensOf(id))
}

const tokensOf = (id: string): string => `connection:${id}:tokens`

/** A token set in memory, with its secrets wrapped. */
export type OpenTokens = {
  accessToken: Secret
  tokenType: string
  refreshToken: Secret | null
  idToken: Secret | null
  dpopKey: TokenSet['dpopKey']
}

/** @throws KeywayError vault_locked | data_damaged */
export function openTokens(
  box: SecretBox,
  record: Pick<ConnectionRecord, 'id' | 'sealedTokens'>,
): OpenTokens {
  const set = parseSet(box, record)
  return {
    accessToken: new Secret(set.accessToken),
    tokenType: set.tokenType,
    refreshToken: secretOrNull(set.refreshToken),
    idToken: secretOrNull(set.idToken),
    dpopKey: set.dpopKey,
  }
}

/**
 * The answer as a sealed token set. What it leaves out is kept from the set before: an answer without a refresh token means that the
 * old one goes on (RFC 6749 6), and a refresh seldom repeats the id_token.
 */
export function sealAnswer(
  box: SecretBox,
  id: string,
  answer: TokenAnswer,
  before: Pick<ConnectionRecord, 'id' | 'sealedTokens'> | null,
): string {
  const old = before === null ? null : parseSet(box, before)
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
  return sealTokenSet(box, id, set)
}

function parseSet(box: SecretBox, record: Pick<ConnectionRecord, 'id' | 'sealedTokens'>): TokenSet {
  const text = box.open(record.sealedTokens, tokensOf(record.id)).reveal()
  const parsed = tokenSet.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new KeywayError('data_damaged', {
    message: 'The stored tokens of a connection cannot be read.',
    nextStep: 'Reconnect the account.',
    details: { connectionId: record.id },
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
