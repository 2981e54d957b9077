// What to change, and where, for each way in which a provider refuses its setup.

const advice: Readonly<Record<string, string>> = {
  invalid_client:
    'Check client id and client secret on the provider page, and under Advanced how the client proves itself (Basic or body).',
  unauthorized_client:
    "Check in the provider's console that this client may use this kind of sign-in, and that client id and secret belong together.",
  invalid_request:
    'Run the provider check; it tries other formats. Under Advanced, compare the token parameters with the provider’s documentation.',
  invalid_scope:
    'Correct the scopes on the provider page: the provider does not know one of them, or the client may not have it.',
  invalid_target: 'Check the resource under Advanced: the provider does not know it.',
  unsupported_grant_type: 'Choose another flow on the provider page: this client may not use this one.',
  redirect_uri_mismatch:
    "Register the redirect address shown on the provider page in the provider's console, to the letter.",
  invalid_dpop_proof: 'Check that the clock of this computer is right, or switch DPoP off under Advanced.',
  tls_failure:
    'Check the address and the certificate. For a private authority, add its PEM certificate on the provider page or under Settings.',
  unsafe_address: 'Use an https address on the provider page; http is for this machine only.',
  http_404: 'Check the token address on the provider page: there is nothing at it.',
  http_405:
    'Check the token address and its method on the provider page: the server does not take this method there.',
  http_406: 'Check the token headers under Advanced: the server does not like the Accept header.',
  http_410: 'Check the token address on the provider page: the provider has given it up.',
  http_415: 'Set the token format to JSON under Advanced: the server does not take a form body.',
  http_301: 'Use the address that the token address has moved to.',
  http_308: 'Use the address that the token address has moved to.',
}

const sameAs: Readonly<Record<string, string>> = {
  invalid_client_id: 'invalid_client',
  bad_client_secret: 'invalid_client',
  incorrect_client_credentials: 'invalid_client',
  invalid_redirect_uri: 'redirect_uri_mismatch',
  bad_redirect_uri: 'redirect_uri_mismatch',
  invalid_resource: 'invalid_target',
  unsupported_response_type: 'unsupported_grant_type',
}

/** Null where there is nothing to say beyond the provider's own words. */
export function knownAdvice(code: string): string | null {
  return advice[sameAs[code] ?? code] ?? null
}

export function adviceFor(code: string): string {
  return knownAdvice(code) ?? 'Run the provider check; it suggests which setting fits this server.'
}
