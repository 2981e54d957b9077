// The key pairs with which Keyway proves itself to a provider that takes no secret (private_key_jwt).
// The private keys are sealed like a client secret; the provider record shows the public ones.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { makeClientKey, parsePrivateKeys, publicPartOf, type SigningAlgorithm } from '../oauth/client-keys.ts'
import type { SecretBox } from '../vault/status.ts'
import { clientKeysOf, openClientKeys } from './store.ts'

/** The newest key, and the one before it until the provider knows the newest. */
const KEPT = 2

type StoredKeys = Pick<ProviderRecord, 'clientKeys' | 'sealedClientKeys'>

/** @throws KeywayError bundle_damaged if these are not private keys */
export function sealClientKeys(box: SecretBox, id: string, keys: Secret | null): StoredKeys {
  if (keys === null) return { clientKeys: [], sealedClientKeys: null }
  return {
    clientKeys: parsePrivateKeys(keys).map((key) => publicPartOf(key)),
    sealedClientKeys: box.seal(keys, clientKeysOf(id)),
  }
}

/**
 * The provider with a key of its algorithm, if it needs one.
 * @throws KeywayError vault_locked if a key is missing and the vault is locked
 */
export function withClientKey(
  record: ProviderRecord,
  { client }: ProviderSpec,
  box: SecretBox,
): ProviderRecord {
  if (client.auth !== 'private_key_jwt') return record
  const isThere = record.sealedClientKeys !== null && record.clientKeys[0]?.alg === client.signingAlgorithm
  return isThere ? record : withNewClientKey(record, client.signingAlgorithm, box)
}

/** Adds a new key. The one before is kept, because the provider does not know the new one yet. */
export function withNewClientKey(
  record: ProviderRecord,
  algorithm: SigningAlgorithm,
  box: SecretBox,
): ProviderRecord {
  if (!box.unlocked) throw new KeywayError('vault_locked')
  const before = openClientKeys(box, record)
  const kept = before === null ? [] : parsePrivateKeys(before)
  const keys = [makeClientKey(algorithm), ...kept].slice(0, KEPT)
  return { ...record, ...sealClientKeys(box, record.id, new Secret(JSON.stringify(keys))) }
}
