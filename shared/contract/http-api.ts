// Header names of the public local API. The schemas under http/ define validation, types and /openapi.json.
export * from './http/common.ts'
export * from './http/token.ts'
export * from './http/connection.ts'
export * from './http/requests.ts'
export * from './http/apps.ts'
export * from './http/apps.ts'
export * from './http/requests.ts'
export * from './http/requests.ts'

/** Keyway's own request headers. Names are case-insensitive. */
export const ACCOUNT_HEADER = 'keyway-account'
/**
 * The target URL instead of the path below `/request/`, for bodies that are not JSON. Same as `url` in the
 * JSON form.
 */
export const TARGET_HEADER = 'keyway-target'
/**
 * Response header of a disconnect: `at_provider`, `local_only`, or `queued` (revoked when the vault is
 * unlocked).
 */
export const REVOCATION_HEADER = 'keyway-revocation'
/** `1` on a response that came from the API behind the proxy; absent when Keyway itself responds. */
export const UPSTREAM_HEADER = 'keyway-upstream'
