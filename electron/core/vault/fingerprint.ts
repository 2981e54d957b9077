import { createHmac, hkdfSync } from 'node:crypto'
import type { Secret } from '../../../shared/contract/secret.ts'

/**
 * Twelve hex digits that tell whether two secrets are the same, for logs and timelines. Keyed, so that nobody with the log alone can
 * try likely secrets; stable as long as the data key is, whoever protects it.
 */
export function createFingerprint(dataKey: Uint8Array): (secret: Secret) => string {
  const key = new Uint8Array(hkdfSync('sha256', dataKey, '', 'keyway fingerprint v1', 32))
  return (secret) => createHmac('sha256', key).update(secret.reveal()).digest('hex').slice(0, 12)
}
