// Which names announce a secret. Wide on purpose: a hidden harmless value costs a look elsewhere, a shown secret costs an account.
import { errorTable } from '../contract/errors.ts'

const CONTAINS =
  /token|secret|passw|passphrase|authorization|cookie|assertion|verifier|apikey|credential|privatekey|accesskey|signingkey|clientauth/
const EXACTLY = new Set([
  'auth',
  'authcode',
  'bearer',
  'challenge',
  'code',
  'devicecode',
  'dpop',
  'jwt',
  'key',
  'nonce',
  'otp',
  'pairingcode',
  'pat',
  'pin',
  'pwd',
  'rawheaders',
  'session',
  'sid',
  'state',
  'ticket',
  'usercode',
  'verificationcode',
  'xkey',
])
// What is said about a secret is none: token_type, tokenEndpoint, passwordMinLength.
const ABOUT =
  /(?:types?|url|uri|endpoints?|methods?|supported|count|length|size|expiresat|expiresin|expiry|expires|lifetime|hint|path|field|kind|label|name|names|status|at)$/

/** Whether a field, header, parameter or variable of this name holds a secret. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  if (EXACTLY.has(plain)) return true
  return CONTAINS.test(plain) && !ABOUT.test(plain)
}

/** Whether a field of this name holds a message body: never shown, whatever is in it. */
export function isBodyName(name: string): boolean {
  return /^(?:raw|request|response|req|res)?_?(?:body|payload)$/i.test(name)
}

const SYSTEM_CODE = /^(?:E[A-Z]{2,14}|[A-Z]{2,}(?:_[A-Z0-9]{2,})+)$/

/** `code` names an authorization code in a callback and a failure everywhere else: those are told by their shape. */
export function isFailureCode(value: unknown): boolean {
  return typeof value === 'string' && (Object.hasOwn(errorTable, value) || SYSTEM_CODE.test(value))
}

const MOST_LEAVES = 2000
const SHORTEST_SECRET = 8
const ABOUT_SECRETS = /token|secret|passw|assertion|credential|cookie|verifier|private|api_?key/i

/** The texts of a reply that stand under names of secrets, wherever they are in it. */
export function namedSecrets(data: unknown): string[] {
  const found: string[] = []
  const waiting: Array<readonly [name: string, value: unknown]> = [['', data]]
  for (let seen = 0; seen < MOST_LEAVES && waiting.length > 0; seen += 1) {
    const [name, value] = waiting.pop() ?? ['', null]
    if (typeof value === 'string') {
      // Words (an error's code, a kind) are no secrets, whatever they are called.
      if (
        value.length >= SHORTEST_SECRET &&
        !/^[a-z_ ]+$/.test(value) &&
        ABOUT_SECRETS.test(name) &&
        isSecretName(name)
      )
        found.push(value)
    } else if (value !== null && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value))
        waiting.push([Array.isArray(value) ? name : key, inner])
    }
  }
  return found
}
