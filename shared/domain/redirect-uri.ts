// Chooses the redirect method of a browser sign-in from the provider's rules and the person's choice, with
// the exact URI to register.
import type { ProviderSpec } from '../contract/provider-spec.ts'
import type { RedirectPlan } from '../contract/ui-api.ts'

export const CALLBACK_PATH = '/oauth2/callback'
const CUSTOM_SCHEME_URI = 'keyway://oauth2/callback'
export const DEFAULT_PORT = 7317

export type LoopbackHost = '127.0.0.1' | 'localhost' | '[::1]'

export type RedirectChoice = {
  spec: Pick<ProviderSpec, 'redirect' | 'authorize'>
  redirect: 'auto' | 'fixed-port' | 'any-port' | 'custom-scheme' | 'paste'
  redirectHost: 'auto' | LoopbackHost
  /** Only a sign-in in the browser uses a redirect URI. */
  flow: 'authorization_code' | 'device_code' | 'client_credentials'
  /** Port of the local server. */
  port?: number
  /** False where a custom scheme cannot be received (headless, or its self-check failed). */
  customSchemeWorks?: boolean
}

/**
 * Plans the redirect. For `any-port` the result is the URI to register; {@link withPort} adds the port of the
 * one that is sent. `redirectUri` null with `paste` means that the request has none (the server shows the
 * code, or uses its one registered URI).
 */
export function planRedirect(choice: RedirectChoice): RedirectPlan {
  if (choice.flow !== 'authorization_code') return { way: 'none', redirectUri: null, note: null }
  if (choice.redirect === 'auto') return automatic(choice)
  if (choice.redirect === 'paste') return paste(choice)
  if (choice.redirect === 'custom-scheme') {
    return plan('custom-scheme', CUSTOM_SCHEME_URI, [
      choice.spec.redirect.customScheme === 'no' ? 'This provider is known to refuse custom schemes.' : null,
      choice.customSchemeWorks === false
        ? 'Nothing on this machine takes keyway:// addresses; paste the final address instead.'
        : null,
      ...notes(choice),
    ])
  }
  return choice.redirect === 'any-port' ? anyPort(choice) : fixedPort(choice)
}

/** The redirect URI that is sent, with its ephemeral port. */
export function withPort(redirectUri: string, port: number): string {
  const url = new URL(redirectUri)
  url.port = String(port)
  return url.href
}

/**
 * Whether a received URL matches the redirect URI that was sent: same scheme, host, port and path; the query
 * is the response. On loopback the port is compared too, because Keyway chose it.
 */
export function isRedirectTarget(arrived: string, sent: string): boolean {
  if (!URL.canParse(arrived) || !URL.canParse(sent)) return false
  const [one, other] = [new URL(arrived), new URL(sent)]
  return one.protocol === other.protocol && one.host === other.host && one.pathname === other.pathname
}

function automatic(choice: RedirectChoice): RedirectPlan {
  const { redirect, authorize } = choice.spec
  if (redirect.uri !== null) return paste(choice)
  if (redirect.loopback === 'yes' || (redirect.loopback === 'unknown' && redirect.httpsRequired !== 'yes')) {
    return fixedPort(choice)
  }
  if (redirect.customScheme === 'yes' && choice.customSchemeWorks !== false) {
    return plan('custom-scheme', CUSTOM_SCHEME_URI, notes(choice))
  }
  if (
    authorize.outOfBandRedirectUri !== null ||
    redirect.httpsRequired === 'yes' ||
    redirect.loopback === 'no'
  ) {
    return paste(choice)
  }
  return fixedPort(choice)
}

function fixedPort(choice: RedirectChoice): RedirectPlan {
  const { redirect } = choice.spec
  const { host, note } = pickHost(choice)
  return plan('fixed-port', `http://${host}:${choice.port ?? DEFAULT_PORT}${CALLBACK_PATH}`, [
    note,
    redirect.loopback === 'no' ? 'This provider is known to refuse addresses on this machine.' : null,
    redirect.loopback === 'unknown'
      ? 'Nobody has established whether this provider takes addresses on this machine. If it refuses, choose another way home.'
      : null,
    redirect.anyPort === 'yes' ? 'The port does not matter to this provider.' : null,
    ...notes(choice),
  ])
}

function anyPort(choice: RedirectChoice): RedirectPlan {
  const { host, note } = pickHost(choice)
  return plan('any-port', `http://${host}${CALLBACK_PATH}`, [
    note,
    'A free port is taken for each sign-in.',
    choice.spec.redirect.anyPort === 'yes'
      ? null
      : 'This provider is not known to ignore the port; if it refuses, choose the fixed port.',
    ...notes(choice),
  ])
}

function paste(choice: RedirectChoice): RedirectPlan {
  const { redirect, authorize } = choice.spec
  if (redirect.uri !== null) {
    return plan('paste', redirect.uri, [
      'After signing in, copy the address that the browser ends at and paste it here, unless that page forwards to this machine.',
      ...notes(choice),
    ])
  }
  if (authorize.outOfBandRedirectUri !== null) {
    const shown = authorize.outOfBandRedirectUri === 'omit' ? null : authorize.outOfBandRedirectUri
    return plan('paste', shown, [
      'The provider shows a code after signing in; paste it here.',
      ...notes(choice),
    ])
  }
  if (redirect.httpsRequired === 'yes' && redirect.loopback !== 'yes') {
    return plan('paste', null, [
      'This provider takes https addresses only. Register an https page of your own there, enter the same address here, and after signing in paste the address that the browser ends at.',
      ...notes(choice),
    ])
  }
  const { host, note } = pickHost(choice)
  return plan('paste', `http://${host}:${choice.port ?? DEFAULT_PORT}${CALLBACK_PATH}`, [
    note,
    'The browser will end at a page that may not load; copy its address and paste it here.',
    ...notes(choice),
  ])
}

function pickHost(choice: RedirectChoice): { host: LoopbackHost; note: string | null } {
  const { hosts } = choice.spec.redirect
  const preferred = hosts.includes('127.0.0.1') ? '127.0.0.1' : (hosts[0] ?? '127.0.0.1')
  if (choice.redirectHost === 'auto' || choice.redirectHost === preferred)
    return { host: preferred, note: null }
  return {
    host: choice.redirectHost,
    note: hosts.includes(choice.redirectHost)
      ? null
      : `This provider is known to take ${hosts.join(' or ')} here.`,
  }
}

function notes({ spec: { redirect } }: RedirectChoice): Array<string | null> {
  return [redirect.onePerApp ? 'This provider takes one address per app.' : null, redirect.note]
}

function plan(
  way: RedirectPlan['way'],
  redirectUri: string | null,
  sentences: ReadonlyArray<string | null>,
): RedirectPlan {
  const note = sentences.filter((sentence) => sentence !== null).join(' ')
  return { way, redirectUri, note: note === '' ? null : note }
}
