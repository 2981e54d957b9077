// Validates the authorization response before its code is used: shape, issuer (RFC 9207), error, signature
// and host.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { type Callback, parseCallback } from '../../../../shared/domain/callback-url.ts'
import type { AuthorizationServer } from '../metadata/endpoints.ts'
import { issuerMatches } from '../metadata/metadata.ts'
import { fieldDetail, knownAdvice, scrub } from '../token/errors.ts'
import type { ResolvedProvider, AuthorizationState } from '../types.ts'

export type CheckedCallback = {
  code: string
  iss: string | null
  /** Parameters to store, as {callback.x}. */
  values: Record<string, string>
  extra: Readonly<Record<string, string>>
}

/** @throws KeywayError invalid_request | state_mismatch | issuer_mismatch | access_denied | provider_error */
export function checkCallback(
  provider: ResolvedProvider,
  about: {
    authorizationState: AuthorizationState
    server: AuthorizationServer
    parameters: URLSearchParams
    authorizationHost: string
  },
): CheckedCallback {
  const callback = parseCallback(about.parameters)
  if (callback.kind === 'invalid') {
    throw new KeywayError('invalid_request', {
      message: callback.message,
      nextStep: 'Start the sign-in again from Keyway.',
      details: { reason: callback.reason },
    })
  }
  if (callback.state !== null && !sameText(callback.state, about.authorizationState.state)) {
    throw new KeywayError('state_mismatch')
  }
  // Some servers send `iss` in every response except errors. Without a code there is nothing that a mix-up
  // could leak.
  if (callback.iss !== null || callback.kind === 'code') checkIssuer(provider, callback.iss, about)
  if (callback.kind === 'error') throw callbackError(provider, callback)
  checkSignature(provider, about.parameters)
  checkHost(provider, callback.extra, about.authorizationHost)
  return {
    code: codeOf(provider, callback.code),
    iss: callback.iss,
    values: keptValues(provider, callback.extra),
    extra: callback.extra,
  }
}

/**
 * Defense against mix-up attacks (RFC 9207): a response from another issuer is rejected, whatever else it
 * contains.
 */
function checkIssuer(
  provider: ResolvedProvider,
  iss: string | null,
  { server, authorizationHost }: { server: AuthorizationServer; authorizationHost: string },
): void {
  if (iss === null) {
    if (server.discovered?.authorization_response_iss_parameter_supported !== true) return
    throw mismatch('The answer does not name its issuer although this server always does (RFC 9207).')
  }
  if (server.issuer !== null) {
    if (issuerMatches(server.issuer, iss, provider.spec.discovery)) return
    throw mismatch('The answer came from another issuer than the one asked (RFC 9207).')
  }
  // The issuer is unknown, so its host must at least be the host of an endpoint.
  const token = server.endpoint('token')
  const hosts = [authorizationHost, ...(token === null ? [] : [new URL(token).host])]
  if (URL.canParse(iss) && hosts.includes(new URL(iss).host)) return
  throw mismatch('The answer names an issuer on a host that does not belong to this provider.')
}

function mismatch(message: string): KeywayError {
  return new KeywayError('issuer_mismatch', { message })
}

function callbackError(provider: ResolvedProvider, callback: Callback & { kind: 'error' }): KeywayError {
  const secrets = [provider.clientSecret?.reveal()]
  const said = callback.description === null ? null : scrub(callback.description, secrets)
  const shown = scrub(callback.error, secrets)
  const words = said === null ? shown : `${shown}: ${said}`
  const details = { providerCode: shown, providerMessage: said }
  const code = provider.spec.token.errorAliases[callback.error] ?? callback.error
  if (/(?:denied|declined|cancel)/i.test(code)) {
    return new KeywayError('access_denied', {
      message: `Access was denied at ${provider.name} (${words}).`,
      details,
    })
  }
  const missing = Object.hasOwn(missingFromPerson, code) ? missingFromPerson[code] : undefined
  if (missing !== undefined) {
    const message = `${provider.name} ${missing.says} (${words}).`
    return new KeywayError('access_denied', { message, nextStep: missing.nextStep, details })
  }
  const nextStep = knownAdvice(code)
  return new KeywayError('provider_error', {
    message: `${provider.name} answered the sign-in with an error (${words}).`,
    ...(nextStep === null ? {} : { nextStep }),
    details: { ...details, ...fieldDetail(code) },
  })
}

/** Errors that a person can answer at the provider (OpenID Connect Core 3.1.2.6). */
const missingFromPerson: Readonly<Record<string, { says: string; nextStep: string }>> = {
  consent_required: {
    says: 'needs your consent first',
    nextStep: 'Start the sign-in again and allow the access on the page of the provider.',
  },
  interaction_required: {
    says: 'needs an answer from you first',
    nextStep: 'Start the sign-in again and finish every page that the provider shows.',
  },
  login_required: {
    says: 'needs you to sign in there first',
    nextStep: 'Sign in at the provider in this browser, then start the sign-in again.',
  },
  account_selection_required: {
    says: 'does not know which of your accounts to use',
    nextStep: 'Start the sign-in again and choose an account on the page of the provider.',
  },
}

/**
 * Verifies a query that the server signed with the client secret: parameters sorted, the signature itself
 * excluded.
 */
function checkSignature(provider: ResolvedProvider, parameters: URLSearchParams): void {
  const rule = provider.spec.authorize.callbackHmac
  if (rule === null) return
  const given = parameters.get(rule.param) ?? ''
  const rest = [...parameters]
    .filter(([name]) => name !== rule.param)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const key = provider.clientSecret?.reveal() ?? ''
  const plain = rest.map(([name, value]) => `${name}=${value}`).join('&')
  const encoded = rest
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
  const valid = [plain, encoded].some((text) =>
    sameText(createHmac('sha256', key).update(text).digest('hex'), given),
  )
  if (valid && key !== '') return
  throw new KeywayError('invalid_request', {
    message: 'The signature of the answer is not that of this provider.',
    nextStep: 'Check the client secret, then start the sign-in again from Keyway.',
    details: { reason: 'signature' },
  })
}

function checkHost(provider: ResolvedProvider, extra: Readonly<Record<string, string>>, host: string): void {
  const name = provider.spec.authorize.callbackHostMustMatch
  if (name === null || extra[name] === host) return
  throw new KeywayError('invalid_request', {
    message: 'The answer is for another host than the sign-in was started at.',
    nextStep: 'Start the sign-in again from Keyway.',
    details: { reason: 'host' },
  })
}

function codeOf(provider: ResolvedProvider, code: string): string {
  const suffix = provider.spec.authorize.stripCodeSuffix
  return suffix !== null && code.endsWith(suffix) ? code.slice(0, -suffix.length) : code
}

function keptValues(
  provider: ResolvedProvider,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const { callbackParams, tokenHostFromCallback } = provider.spec.authorize
  const names = [...callbackParams, ...(tokenHostFromCallback === null ? [] : [tokenHostFromCallback.param])]
  return Object.fromEntries(
    names.filter((name) => (extra[name] ?? '') !== '').map((name) => [`callback.${name}`, extra[name] ?? '']),
  )
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
