// Message authentication codes with keys that are derived from the data key.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** What a code authenticates. Each purpose has its own key, so that one code cannot replace another. */
export type MacPurpose = 'manifest' | 'audit-log'

/**
 * HMAC-SHA-256 in hex with a key derived from the data key (HKDF, RFC 5869); independent of the key wrapper.
 */
export function createMac(dataKey: Uint8Array): (purpose: MacPurpose, text: string) => string {
  const keyFor = (purpose: MacPurpose): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', dataKey, '', `keyway integrity ${purpose} v1`, 32))
  const keys: Readonly<Record<MacPurpose, Uint8Array>> = {
    manifest: keyFor('manifest'),
    'audit-log': keyFor('audit-log'),
  }
  return (purpose, text) => createHmac('sha256', keys[purpose]).update(text).digest('hex')
}

/** Compares in constant time. */
export function sameMac(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
