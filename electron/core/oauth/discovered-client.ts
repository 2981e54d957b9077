// A client without a console: the published client description where it is taken, else registration, else the person enters one.
import { asKeywayError } from '../../../shared/contract/errors.ts'
import type { ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import type { ProviderInputDraft } from '../../../shared/contract/provider.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import { asDiscoveryError, type DiscoveredMetadata } from './metadata.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { registerClient } from './register-client.ts'
import type { StepLog } from './step-log.ts'
import type { Wire } from './wire.ts'

type Tools = { deps: OAuthDeps; wire: Wire; log: StepLog }
type ClientFields = {
  fields: Pick<ProviderInputDraft, 'clientId' | 'clientSecret'>
  spec: Pick<ProviderSpecInput, 'client'>
  registration: Secret | null
}

const none: ClientFields = { fields: {}, spec: {}, registration: null }
/** Its address is the client id; there is nothing secret about it. */
const describesItself = { client: { auth: 'none' as const, metadataDocument: true } }

export async function clientFor(
  tools: Tools,
  metadata: DiscoveredMetadata,
  about: { draft: ProviderInputDraft; redirectUris: readonly string[] },
): Promise<ClientFields> {
  const { deps, log } = tools
  const takesDescription = metadata.client_id_metadata_document_supported === true
  if (takesDescription && deps.clientMetadataUrl !== undefined) {
    const explanation = 'The server takes the published client description; no client id is needed.'
    log.add({ name: 'Client', outcome: 'ok', explanation })
    return { ...none, fields: { clientId: deps.clientMetadataUrl }, spec: describesItself }
  }
  const { redirectUris } = about
  const mayRegister = metadata.registration_endpoint !== undefined && redirectUris.length > 0
  const registered = mayRegister ? await register(tools, metadata, about) : null
  if (registered !== null) return registered
  if (takesDescription && redirectUris.length > 0) return describedByPerson(tools, redirectUris)
  if (!mayRegister) {
    const explanation = 'Enter the client ID of an app registered there.'
    log.add({ name: 'Client', outcome: 'skipped', explanation })
  }
  return none
}

async function register(
  { deps, wire, log }: Tools,
  metadata: DiscoveredMetadata,
  about: { draft: ProviderInputDraft; redirectUris: readonly string[] },
): Promise<ClientFields | null> {
  const step = { name: 'Client', request: `POST ${metadata.registration_endpoint ?? ''}` }
  try {
    const wishes = { redirectUris: about.redirectUris, scopes: about.draft.scopes ?? [] }
    const client = await registerClient({ deps, wire }, metadata, wishes)
    const explanation = 'The server registered a client for this Keyway (RFC 7591).'
    log.add({ ...step, outcome: 'ok', explanation })
    const secret = client.clientSecret?.reveal()
    return {
      fields: { clientId: client.clientId, ...(secret === undefined ? {} : { clientSecret: secret }) },
      spec: { client: { auth: client.auth, dynamicRegistration: true } },
      registration: client.registration,
    }
  } catch (error) {
    if (wire.signal.aborted) throw error
    const { message } = asKeywayError(asDiscoveryError(error))
    const explanation = `${message} Enter the client id of an app registered there.`
    log.add({ ...step, outcome: 'failed', explanation })
    return null
  }
}

/** Keyway has no address of its own on the internet, but the person may have one. */
function describedByPerson({ deps, log }: Tools, redirectUris: readonly string[]): ClientFields {
  const description = {
    client_id: 'https://example.com/keyway.json',
    client_name: deps.appName ?? 'Keyway',
    redirect_uris: redirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  }
  log.add({
    name: 'Client',
    outcome: 'skipped',
    answer: JSON.stringify(description, null, 2),
    explanation:
      'This server takes clients that describe themselves. Publish the description below at an https address of yours, with that address as its client_id, and enter the same address as the client ID.',
  })
  return { ...none, spec: describesItself }
}
