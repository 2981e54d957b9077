// The public local API: one file a concern under http/. Validation, types and /openapi.json all come from
// these schemas.
export * from './http/common.ts'
export * from './http/token.ts'
export * from './http/connection.ts'
export * from './http/requests.ts'
export * from './http/apps.ts'
export * from './http/apps.ts'
export * from './http/requests.ts'
export * from './http/requests.ts'

/** Request headers of ours. Case-blind. */
export const ACCOUNT_HEADER = 'keyway-account'
/**
 * The address in place of the path below `/request/`, for bodies that are no JSON; what `url` is in the JSON
 * form.
 */
export const TARGET_HEADER = 'keyway-target'
/**
 * On the answer to a disconnect: `at_provider`, `local_only`, or `queued` (revoked when the vault is
 * unlocked).
 */
export const REVOCATION_HEADER = 'keyway-revocation'
/** `1` on an answer that came from the API behind the proxy; absent when Keyway itself answers. */
export const UPSTREAM_HEADER = 'keyway-upstream'
