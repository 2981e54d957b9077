// Which part of the practice provider a request is for. Faults and counts use these names, not paths.

/** The paths of oidc-provider: its defaults, written out because faults and tests depend on them. */
export const oidcRoutes = {
  authorization: '/auth',
  code_verification: '/device',
  device_authorization: '/device/auth',
  introspection: '/token/introspection',
  jwks: '/jwks',
  pushed_authorization_request: '/request',
  registration: '/reg',
  revocation: '/token/revocation',
  token: '/token',
  userinfo: '/me',
} as const

export const practiceEndpoints = [
  'authorization',
  'sign-in',
  'token',
  'device-authorization',
  'device',
  'par',
  'revocation',
  'introspection',
  'userinfo',
  'registration',
  'discovery',
  'jwks',
  'api',
  'other',
] as const

/**
 * `sign-in`: the sign-in and consent pages; `device`: the pages for a device code; `api`: the protected API.
 */
export type PracticeEndpoint = (typeof practiceEndpoints)[number]

const byPath = new Map<string, PracticeEndpoint>([
  [oidcRoutes.authorization, 'authorization'],
  [oidcRoutes.code_verification, 'device'],
  [oidcRoutes.device_authorization, 'device-authorization'],
  [oidcRoutes.introspection, 'introspection'],
  [oidcRoutes.jwks, 'jwks'],
  [oidcRoutes.pushed_authorization_request, 'par'],
  [oidcRoutes.registration, 'registration'],
  [oidcRoutes.revocation, 'revocation'],
  [oidcRoutes.token, 'token'],
  [oidcRoutes.userinfo, 'userinfo'],
])

const byPrefix: ReadonlyArray<readonly [prefix: string, endpoint: PracticeEndpoint]> = [
  ['/api/', 'api'],
  ['/interaction/', 'sign-in'],
  ['/.well-known/', 'discovery'],
  [`${oidcRoutes.authorization}/`, 'authorization'],
  [`${oidcRoutes.code_verification}/`, 'device'],
  [`${oidcRoutes.registration}/`, 'registration'],
]

export function endpointOf(path: string): PracticeEndpoint {
  const exact = byPath.get(path)
  if (exact !== undefined) return exact
  return byPrefix.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'other'
}
