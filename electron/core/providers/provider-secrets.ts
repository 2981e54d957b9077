import { SECRET_PLACEHOLDER, type ProviderRecord } from '../../../shared/contract/provider.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import type { SecretBox } from '../secret-box.ts'

const secretOf = (id: string): string => `provider:${id}:client-secret`
const registrationOf = (id: string): string => `provider:${id}:registration`

/** The sealed client secret after a save: kept when nothing or the placeholder was sent, none when it was emptied. */
export function sealClientSecret(
  box: SecretBox,
  id: string,
  typed: string | undefined,
  stored: string | null,
): string | null {
  if (typed === undefined || typed === SECRET_PLACEHOLDER) return stored
  return typed === '' ? null : box.seal(new Secret(typed), secretOf(id))
}

export function openClientSecret(box: SecretBox, record: ProviderRecord): Secret | null {
  return record.sealedClientSecret === null ? null : box.open(record.sealedClientSecret, secretOf(record.id))
}

export function sealRegistration(box: SecretBox, id: string, token: Secret | null): string | null {
  return token === null ? null : box.seal(token, registrationOf(id))
}

export function openRegistration(box: SecretBox, record: ProviderRecord): Secret | null {
  return record.sealedRegistration === null
    ? null
    : box.open(record.sealedRegistration, registrationOf(record.id))
}
