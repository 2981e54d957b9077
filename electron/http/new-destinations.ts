// An app that may manage providers sees no secret; so it must not have one sent to an address of its own either. What a change would
// redirect (the client secret, the tokens of accounts that are connected) has to be the app's already.
import { isDeepStrictEqual } from 'node:util'
import type { AppRecord } from '../../shared/contract/app.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import { SECRET_PLACEHOLDER, type ProviderPatch, type ProviderView } from '../../shared/contract/provider.ts'
import { may } from '../../shared/domain/app-policy.ts'
import type { Keyway } from '../core/keyway.ts'

/** Parts of a provider that say where secrets and tokens go, and whose certificate is believed there. */
const OF_PROVIDER = ['parameters', 'allowedHosts', 'privateHosts', 'extraCa'] as const
/** @throws KeywayError invalid_request (clientSecret) | forbidden */
export function needOwnDestinations(
  keyway: Keyway,
  app: AppRecord,
  before: ProviderView,
  patch: ProviderPatch,
): void {
  if (!redirects(before, patch)) return
  const { clientSecret } = patch
  if (before.hasClientSecret && (clientSecret === undefined || clientSecret === SECRET_PLACEHOLDER)) {
    throw new KeywayError('invalid_request', {
      message: 'clientSecret: The change says where the client secret is sent, so it has to come along.',
      nextStep: 'Give the client secret with the same change, or make the change in the window.',
      details: { field: 'clientSecret' },
    })
  }
  const now = keyway.clock.now()
  const isOwn = keyway.connections
    .list()
    .filter(({ providerId }) => providerId === before.id)
    .every((connection) => may(app, { what: 'token' }, connection, now).kind === 'allow')
  if (isOwn) return
  throw new KeywayError('forbidden', {
    message:
      'The change says where tokens of connected accounts are sent, and this app may not be handed those tokens.',
    nextStep: 'Make the change in the window, or give the app the tokens of these accounts under Apps.',
  })
}

function redirects(before: ProviderView, patch: ProviderPatch): boolean {
  const { spec } = patch
  return (
    OF_PROVIDER.some((part) => patch[part] !== undefined && !isDeepStrictEqual(patch[part], before[part])) ||
    (spec !== undefined && !isDeepStrictEqual(addressesIn(spec), addressesIn(before.overrides)))
  )
}

function addressesIn({ client, authorize, token, refresh, api, ...spec }: ProviderSpecInput): unknown {
  return [
    [spec.templateParameters, spec.discovery, spec.endpoints, spec.revocation, spec.account],
    [client?.registrationRequest, authorize?.tokenHostFromCallback, authorize?.callbackHostMustMatch],
    [token?.postExchange, refresh?.url, api?.baseUrl, api?.hosts, api?.dynamicHostPattern],
  ]
}
