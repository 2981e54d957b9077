// An app key, from a header and nowhere else.
import { KeywayError } from '../../shared/contract/errors.ts'
import type { AppSession, Keyway } from '../core/keyway.ts'
import type { Admission } from './guard.ts'
import type { SeenHeaders } from './request-headers.ts'

/** `wrong`: a key came and is not valid, so its sender may be guessing. */
export type Authenticated =
  | { kind: 'ok'; session: AppSession }
  | { kind: 'missing' }
  | { kind: 'wrong' }
  | { kind: 'foreign_origin' }
  | { kind: 'held_back'; failure: KeywayError }

const LONGEST_KEY = 200

export function authenticate(admission: Admission, keyway: Keyway): Authenticated {
  const key = keyFrom(admission.headers)
  if (key === null) return { kind: 'missing' }
  if (key === 'contradiction') return { kind: 'wrong' }
  const session = keyway.apps.authenticate(key)
  if (session === null) {
    const failure = keyway.apps.heldBack?.(key) ?? null
    return failure === null ? { kind: 'wrong' } : { kind: 'held_back', failure }
  }
  // An Origin is good for the app that registered it, not for whichever key a page got hold of.
  if (admission.origin !== null && !session.app.origins.includes(admission.origin))
    return { kind: 'foreign_origin' }
  return { kind: 'ok', session }
}

function keyFrom({ apiKeys, authorizations }: SeenHeaders): string | null {
  const found = [...apiKeys, ...authorizations.map(bearer)].filter((key) => key !== null)
  const [first] = found
  if (first === undefined) return null
  // Two different keys: whoever sits in between might have checked the other one.
  if (first.length > LONGEST_KEY || found.some((key) => key !== first)) return 'contradiction'
  return first
}

function bearer(value: string): string | null {
  return /^bearer +([^\s]+) *$/i.exec(value)?.[1] ?? null
}

export function refusalOf(authenticated: Exclude<Authenticated, { kind: 'ok' }>): KeywayError {
  if (authenticated.kind === 'held_back') return authenticated.failure
  if (authenticated.kind === 'foreign_origin') return new KeywayError('origin_refused')
  return new KeywayError(
    'unauthorized',
    authenticated.kind === 'wrong' ? { message: 'The app key is not valid here (any more).' } : {},
  )
}
