import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** What a code authenticates; each has a key of its own, so that one can never stand for another. */
export type MacPurpose = 'manifest' | 'audit-log'

/**
 * HMAC-SHA-256 in hex under a key derived (HKDF, RFC 5869) from the data key, the same whoever wraps that.
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

/** Takes as long whatever differs. */
export function sameMac(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
