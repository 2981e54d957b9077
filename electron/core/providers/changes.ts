// Builds provider records: new or changed, with all checks of their fields.
import { isDeepStrictEqual } from 'node:util'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { ProviderSpec, ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import {
  type ProviderInput,
  type ProviderPatch,
  type ProviderRecord,
  SECRET_PLACEHOLDER,
  specPatch,
} from '../../../shared/contract/provider.ts'
import { slugSchema } from '../../../shared/contract/slug.ts'
import { slugAvailability } from '../../../shared/domain/slug-availability.ts'
import type { RegistrationSecrets, RegisteredClient } from '../oauth/types.ts'
import { type Clock, newId } from '../ports.ts'
import type { SecretBox } from '../vault/status.ts'
import { sealClientKeys } from './client-keys.ts'
import { patchedSpec, sealClientSecret, sealRegistration } from './store.ts'

type Tools = { box: SecretBox; clock: Clock }

/**
 * Checks the slug of a registration.
 * @throws KeywayError slug_reserved | slug_taken | provider_not_found (the preset) | invalid_request
 */
export function checkSlug(
  input: Pick<ProviderInput, 'slug' | 'preset'>,
  known: { presetSlugs: readonly string[]; takenSlugs: readonly string[] },
): void {
  if (input.preset !== null && !known.presetSlugs.includes(input.preset)) {
    throw new KeywayError('invalid_request', {
      message: `There is no preset "${input.preset}".`,
      details: { field: 'preset' },
    })
  }
  const availability = slugAvailability(input.slug, { ...known, preset: input.preset })
  if (availability === 'reserved') {
    throw new KeywayError('slug_reserved', { details: { field: 'slug', slug: input.slug } })
  }
  if (availability === 'taken') {
    throw new KeywayError('slug_taken', { details: { field: 'slug', slug: input.slug } })
  }
  // Underscores are reserved for the slugs of presets.
  if (input.slug !== input.preset && !slugSchema.safeParse(input.slug).success) {
    throw new KeywayError('invalid_request', {
      message: 'A slug has lowercase letters, digits and single hyphens between them.',
      details: { field: 'slug' },
    })
  }
}

/**
 * The deviations from the preset after a change of the spec.
 * @throws KeywayError invalid_request that names the invalid field
 */
export function checkedSpec(
  { spec: overrides }: ProviderRecord,
  { spec, how }: { spec: unknown; how: 'merge' | 'replace' },
  preset: Preset | null,
): ProviderSpecInput {
  const standing = { overrides, preset: preset?.spec }
  const parsed = specPatch.safeParse(how === 'merge' ? patchedSpec(standing, spec) : spec)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = ['spec', ...(issue?.path ?? [])].map(String).join('.')
  throw new KeywayError('invalid_request', {
    message: `${field}: ${issue?.message ?? 'The fields do not fit together.'}`,
    details: { field },
  })
}

/**
 * Rejects a provider that no sign-in could use, while the person is editing it.
 * @throws KeywayError invalid_request that names the missing address
 */
export function needAddresses(
  { flow }: Pick<ProviderRecord, 'flow'>,
  { discovery, endpoints }: ProviderSpec,
): void {
  if (discovery.issuer !== null || discovery.url !== null) return
  const needed = {
    authorization_code: [
      ['authorization', endpoints.authorization ?? endpoints.nativeAuthorization],
      ['token', endpoints.token],
    ],
    device_code: [
      ['deviceAuthorization', endpoints.deviceAuthorization],
      ['token', endpoints.token],
    ],
    client_credentials: [['token', endpoints.token]],
  } as const
  const missing = needed[flow].flatMap(([name, address]) =>
    address === null ? [`spec.endpoints.${name}`] : [],
  )
  const [field] = missing
  if (field === undefined) return
  throw new KeywayError('invalid_request', {
    message: `${field}: The ${flow} flow needs this address. Enter ${missing.join(' and ')}, or spec.discovery.issuer, whose metadata names them.`,
    nextStep: 'Add the address (https, or http on this machine), or the issuer, and send it again.',
    details: { field, missing },
  })
}

export function newProvider(
  input: ProviderInput,
  registered: RegistrationSecrets | null,
  { box, clock }: Tools,
): ProviderRecord {
  const id = newId('prv')
  const { clientSecret, ...rest } = input
  const now = clock.now()
  return {
    ...rest,
    id,
    sealedClientSecret: sealClientSecret(box, id, clientSecret, null),
    sealedRegistration: sealRegistration(box, id, registered?.registration ?? null),
    ...sealClientKeys(box, id, registered?.clientKeys ?? null),
    clientSecretExpiresAt: registered?.clientSecretExpiresAt ?? null,
    clientRefusedAt: null,
    createdAt: now,
    updatedAt: now,
  }
}

export function changedProvider(
  record: ProviderRecord,
  patch: ProviderPatch,
  { box, clock }: Tools,
): { record: ProviderRecord; reauthorise: boolean } {
  const { clientSecret, ...rest } = patch
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const next: ProviderRecord = {
    ...record,
    ...given,
    sealedClientSecret: sealClientSecret(box, record.id, clientSecret, record.sealedClientSecret),
    updatedAt: clock.now(),
  }
  const secretChanged = clientSecret !== undefined && clientSecret !== SECRET_PLACEHOLDER
  if (secretChanged) next.clientSecretExpiresAt = null
  if (secretChanged || next.clientId !== record.clientId) next.clientRefusedAt = null
  return { record: next, reauthorise: secretChanged || !isDeepStrictEqual(basisOf(record), basisOf(next)) }
}

/** Stores what sign-ins and refreshes find out about a provider. */
export type ProviderFindings = {
  saveRegisteredClient(providerId: string, client: RegisteredClient): ProviderRecord
  /** The issuer that the provider's first id_token named. */
  saveLearnedIssuer(providerId: string, issuer: string): void
  /** Returns whether the provider registered this client, so that the next sign-in registers a new one. */
  saveClientRefused(providerId: string): boolean
  saveClientAccepted(providerId: string): void
  /** The provider refused `resource` at a refresh and took the request without it. */
  saveRefreshWithoutResource(providerId: string): void
}

/** The provider with a client that was registered for Keyway (RFC 7591, or the provider's own API). */
export function withRegisteredClient(
  record: ProviderRecord,
  client: RegisteredClient,
  { box, clock }: Tools,
): ProviderRecord {
  const { spec } = record
  return {
    ...record,
    clientId: client.clientId,
    sealedClientSecret: sealClientSecret(box, record.id, client.clientSecret?.reveal() ?? '', null),
    sealedRegistration: sealRegistration(box, record.id, client.registration),
    clientSecretExpiresAt: client.clientSecretExpiresAt ?? null,
    clientRefusedAt: null,
    ...(client.redirectHost == null ? {} : { redirectHost: client.redirectHost }),
    ...(client.clientKeys === null ? {} : sealClientKeys(box, record.id, client.clientKeys)),
    spec: {
      ...spec,
      client: { ...spec.client, auth: client.auth },
      ...(client.isDpopBound === true ? { dpop: 'always' as const } : {}),
    },
    updatedAt: clock.now(),
  }
}

// The fields that authorizations depend on: after a change the stored ones may not match the provider any
// more.
function basisOf({ clientId, scopes, secondaryScopes, parameters, spec }: ProviderRecord): unknown {
  return [clientId, scopes, secondaryScopes, parameters, spec.endpoints, spec.discovery, spec.resources]
}
