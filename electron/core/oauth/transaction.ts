import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { PrivateJwk } from './dpop-keys.ts'
import type { Transaction } from './oauth-client.ts'

/** What the client remembers between sending the browser away and its return. Memory only. */
export type TransactionInner = {
  readonly verifier: Secret | null
  readonly nonce: Secret | null
  readonly dpopKey: PrivateJwk | null
  /** Scopes as requested, for resources and servers that want them again. */
  readonly scopes: readonly string[]
  readonly authorizationHost: string
}

const made = new WeakSet<object>()

export function sealInner(inner: TransactionInner): TransactionInner {
  const sealed = Object.freeze({ ...inner, toJSON: () => '[transaction]' })
  made.add(sealed)
  return sealed
}

/** @throws KeywayError flow_not_found when the transaction was not made here, which no answer from outside can bring about. */
export function openInner(transaction: Transaction): TransactionInner {
  const { inner } = transaction
  if (typeof inner === 'object' && inner !== null && made.has(inner)) return inner as TransactionInner
  throw new KeywayError('flow_not_found')
}
