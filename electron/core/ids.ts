import { randomBytes } from 'node:crypto'

// Lowercase without look-alikes, and fit for a file name on every platform.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** A prefix and 80 random bits, such as `con_7k2m…`. */
export function newId(prefix: string): string {
  return prefix + '_' + Array.from(randomBytes(16), (byte) => ALPHABET[byte & 31]).join('')
}
