import { asKeywayError, sentencesFor } from '../../../shared/contract/errors.ts'
import type { Check } from './doctor-check.ts'
import type { DoctorAbout } from './oauth-client.ts'
import type { Endpoint, Server } from './servers.ts'

const needed: Record<DoctorAbout['flow'], readonly Endpoint[]> = {
  authorization_code: ['authorization', 'token'],
  device_code: ['deviceAuthorization', 'token'],
  client_credentials: ['token'],
}

/** Addresses and metadata. Null when without them nothing further can be tried. */
export async function checkDiscovery(check: Check, flow: DoctorAbout['flow']): Promise<Server | null> {
  const { provider, servers, recorder, log, signal } = check
  const { discovery } = provider.spec
  const named = discovery.issuer !== null || discovery.url !== null
  try {
    const server = await servers.find(provider, { need: needed[flow], discovery: 'if-possible', signal })
    const [last] = recorder.take().slice(-1)
    if (named && server.discovered === null) {
      log.add({
        name: 'Discovery',
        outcome: 'warning',
        ...last,
        explanation: 'The issuer did not answer with usable metadata; the typed addresses are used.',
      })
    } else {
      const explanation = named
        ? `Issuer ${server.issuer ?? ''}.`
        : 'No issuer is set; the typed addresses are used.'
      log.add({ name: 'Discovery', outcome: named ? 'ok' : 'skipped', ...last, explanation })
    }
    for (const name of needed[flow]) server.need(name)
    hints(check, server)
    return server
  } catch (error) {
    const explanation = sentencesFor('window', asKeywayError(error))
    const [last] = recorder.take().slice(-1)
    log.add({ name: 'Discovery', outcome: 'failed', ...last, explanation })
    return null
  }
}

/** What the metadata says about the setup, before anything is tried. */
function hints({ provider, log }: Check, server: Server): void {
  const { discovered } = server
  if (discovered === null) return
  const methods = discovered.code_challenge_methods_supported
  const { pkce } = provider.spec.authorize
  if (methods?.includes('S256') === true && pkce !== 'S256') {
    log.add({
      name: 'PKCE',
      outcome: 'warning',
      explanation: `The server takes PKCE with S256; this provider is set to "${pkce}".`,
      fix: { label: 'Use PKCE with S256', spec: { authorize: { pkce: 'S256' } } },
    })
  }
  const supported = discovered.token_endpoint_auth_methods_supported
  const { auth } = provider.spec.client
  if (supported !== undefined && auth !== 'auto' && !supported.includes(auth)) {
    log.add({
      name: 'Client authentication',
      outcome: 'warning',
      explanation: `The server names ${supported.join(', ')}; this provider is set to ${auth}.`,
      fix: { label: 'Choose the way by the metadata', spec: { client: { auth: 'auto' } } },
    })
  }
}
