import type { AuthorizeRequest } from '../../../electron/core/oauth/types.ts'
import type { ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import type { NonConformantServer } from '../../support/providers/non-conformant-server.ts'
import type { ServerRules } from '../../support/providers/server-rules.ts'
import type { Circle, Step } from './circle.ts'

/**
 * One way in which real providers deviate: a server that insists on it, and the data with which Keyway meets
 * it.
 */
export type Quirk = {
  /** Numbers of shared/catalog/quirks.md. */
  classes: readonly number[]
  title: string
  rules: ServerRules
  /** What the provider record says beyond the addresses. */
  spec: (origin: string) => ProviderSpecInput
  clientId?: string
  secret?: string | null
  parameters?: (origin: string) => Record<string, string>
  request?: Partial<AuthorizeRequest>
  refreshes?: boolean
  /** What must be true of the finished circle. */
  check?: (circle: Required<Circle>, server: NonConformantServer) => void
  /**
   * Where a provider without this data fails at the same server; `works`: it gets through, and `check` is
   * what differs.
   */
  plain: Step | 'works'
  /** What "without this data" is, where the default is not what would go wrong. */
  plainSpec?: (origin: string) => ProviderSpecInput
  plainRequest?: Partial<AuthorizeRequest>
}

/** The addresses that every record has. */
export function addresses(origin: string, rules: ServerRules): ProviderSpecInput {
  return {
    endpoints: {
      authorization: `${origin}${rules.authorize?.path ?? '/authorize'}`,
      token: `${origin}${rules.token?.path ?? '/token'}`,
      revocation: rules.revoke === undefined ? null : `${origin}${rules.revoke.path ?? '/revoke'}`,
    },
    account: { request: { url: `${origin}/api/me` }, idPath: 'id', labelPath: 'email' },
  }
}

/** Two records put together, objects deeply, the later one deciding. */
export function together(...specs: readonly ProviderSpecInput[]): ProviderSpecInput {
  return specs.reduce((all, next) => merge(all, next), {})
}

function merge(one: object, other: object): object {
  const merged: Record<string, unknown> = { ...one }
  for (const [name, value] of Object.entries(other)) {
    const before = merged[name]
    merged[name] = isPlain(before) && isPlain(value) ? merge(before, value) : value
  }
  return merged
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
