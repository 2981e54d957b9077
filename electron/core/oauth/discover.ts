// Connect by URL: an issuer, an authorization server, a metadata document or a protected resource becomes a filled registration form.
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import { isLoopbackHost, isSafeUrl } from '../../../shared/contract/provider-template.ts'
import type { ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import type { ProviderInputDraft } from '../../../shared/contract/provider.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import { withinDeadline, DeadlinePassed } from './deadline.ts'
import { discoveryDraft, missingFields } from './discovery-draft.ts'
import { findServer } from './find-server.ts'
import { asDiscoveryError, type DiscoveredMetadata } from './metadata.ts'
import type { OAuthClient } from './oauth-client.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthDeps } from './oauth-deps.ts'
import { registerClient } from './register-client.ts'
import { createStepLog, type StepLog } from './step-log.ts'
import type { Wire } from './wire.ts'

export function createDiscover(deps: OAuthDeps): OAuthClient['discover'] {
  return async (pasted, { redirectUris, signal }) => {
    const url = addressOf(pasted)
    const log = createStepLog()
    try {
      return await withinDeadline(
        { clock: deps.clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal },
        async (inner) => {
          const wire: Wire = { fetch: deps.fetchFor(null), clock: deps.clock, signal: inner }
          const { metadata, resource } = await findServer({ wire, userAgent: deps.userAgent, log }, url)
          const draft = discoveryDraft(metadata, resource)
          const client = await clientFor({ deps, wire, log }, metadata, { draft, redirectUris })
          const filled = { ...draft, ...client.fields, spec: { ...draft.spec, ...client.spec } }
          return {
            draft: filled,
            registration: client.registration,
            steps: log.steps,
            missing: missingFields(filled, metadata),
          }
        },
      )
    } catch (error) {
      throw failureOf(error, log)
    }
  }
}

function failureOf(error: unknown, log: StepLog): KeywayError {
  if (error instanceof DeadlinePassed) {
    return new KeywayError('discovery_failed', {
      message: 'The address did not answer within 10 seconds.',
      details: { steps: log.steps },
      cause: error,
    })
  }
  const failure = asKeywayError(asDiscoveryError(error))
  const { code, message, nextStep, details } = failure
  return new KeywayError(code, {
    message,
    nextStep,
    details: { ...details, steps: log.steps },
    cause: failure,
  })
}

/** Typed by a person: the scheme may be left out. @throws KeywayError invalid_request */
function addressOf(pasted: string): string {
  const text = pasted.trim()
  const bare = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : `${isLoopbackHost(text.replace(/(?::\d+)?(?:[/?#].*)?$/, '')) ? 'http' : 'https'}://${text}`
  const clean = URL.canParse(bare) ? withoutFragment(new URL(bare)) : ''
  if (isSafeUrl(clean)) return clean
  throw new KeywayError('invalid_request', {
    message: 'That is not an address that can be asked.',
    nextStep: 'Give an https address (http only for this machine), without user name and password.',
    details: { field: 'url' },
  })
}

function withoutFragment(url: URL): string {
  url.hash = ''
  return url.href
}

type ClientFields = {
  fields: Pick<ProviderInputDraft, 'clientId' | 'clientSecret'>
  spec: Pick<ProviderSpecInput, 'client'>
  registration: Secret | null
}

/** A client without a console: the published metadata document where it is taken, else registration, else the person enters one. */
async function clientFor(
  { deps, wire, log }: { deps: OAuthDeps; wire: Wire; log: StepLog },
  metadata: DiscoveredMetadata,
  about: { draft: ProviderInputDraft; redirectUris: readonly string[] },
): Promise<ClientFields> {
  const none: ClientFields = { fields: {}, spec: {}, registration: null }
  if (metadata.client_id_metadata_document_supported === true && deps.clientMetadataUrl !== undefined) {
    log.add({
      name: 'Client',
      outcome: 'ok',
      explanation: 'The server takes the published client description; no client id is needed.',
    })
    return {
      ...none,
      fields: { clientId: deps.clientMetadataUrl },
      spec: { client: { auth: 'none', metadataDocument: true } },
    }
  }
  if (metadata.registration_endpoint === undefined || about.redirectUris.length === 0) {
    log.add({
      name: 'Client',
      outcome: 'skipped',
      explanation: 'Enter the client ID of an app registered there.',
    })
    return none
  }
  try {
    const scopes = about.draft.scopes ?? []
    const client = await registerClient({ deps, wire }, metadata, {
      redirectUris: about.redirectUris,
      scopes,
    })
    log.add({
      name: 'Client',
      outcome: 'ok',
      request: `POST ${metadata.registration_endpoint}`,
      explanation: 'The server registered a client for this Keyway (RFC 7591).',
    })
    const secret = client.clientSecret?.reveal()
    return {
      fields: { clientId: client.clientId, ...(secret === undefined ? {} : { clientSecret: secret }) },
      spec: { client: { auth: client.auth, dynamicRegistration: true } },
      registration: client.registration,
    }
  } catch (error) {
    if (wire.signal.aborted) throw error
    const failure = asKeywayError(asDiscoveryError(error))
    log.add({
      name: 'Client',
      outcome: 'failed',
      request: `POST ${metadata.registration_endpoint}`,
      explanation: `${failure.message} Enter the client id of an app registered there.`,
    })
    return none
  }
}
