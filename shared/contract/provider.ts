import { z } from 'zod'
import './issue-words.ts'
import { nameSchema, storedName } from './name.ts'
import { newSlugSchema, patchOf, presetSlugSchema } from './slug.ts'
import {
  providerSpec,
  type ProviderSpec,
  providerSpecInput,
  type ProviderSpecInput,
} from './provider-spec.ts'
import { isDeeperThan } from './schema-walk.ts'

export const scopeList = z
  .array(
    z
      .string()
      .trim()
      .min(1)
      .max(300)
      .regex(/^[^\p{Cc}\s]+$/u, 'A scope has no spaces.'),
  )
  .max(200)

/** Values of the template parameters (tenant, host, subdomain …). */
export const parameterValues = z.record(
  z.string().max(40),
  z
    .string()
    .max(300)
    .regex(/^[^\p{Cc}]*$/u, 'Control characters are not allowed.'),
)

/**
 * Validated as a whole but stored as typed, so that later corrections of a preset reach the fields that were
 * not overridden.
 */
const sparse = (spec: z.ZodType) =>
  z.unknown().transform((value, context): ProviderSpecInput => {
    const parsed = spec.safeParse(value ?? {})
    if (!parsed.success) {
      for (const issue of parsed.error.issues) {
        context.addIssue({ code: 'custom', message: issue.message, path: issue.path })
      }
      return z.NEVER
    }
    return value ?? {}
  })

/** A sparse {@link providerSpecInput}. */
export const specPatch = sparse(providerSpecInput)
/** A sparse spec, stored by any version of Keyway. */
const storedSpec = sparse(providerSpec)

/** Input for registering a provider, from the window's form, `POST /api/integrations` and the CLI. */
export const providerInput = z.strictObject({
  slug: newSlugSchema,
  name: nameSchema({ empty: 'A name is needed.' }),
  /** The preset that this registration is based on, or null. */
  preset: presetSlugSchema.nullable().default(null),
  clientId: z.string().trim().max(2000).default(''),
  /** Write-only. Absent or the placeholder: the stored secret is kept. Empty: no secret. */
  clientSecret: z.string().max(10_000).optional(),
  scopes: scopeList.default([]),
  secondaryScopes: scopeList.default([]),
  parameters: parameterValues.default({}),
  /** Hosts (host or host:port) that the person added for proxied requests. */
  allowedHosts: z.array(z.string().trim().min(1).max(260)).max(50).default([]),
  /** The hosts among these that may resolve to private or loopback addresses. */
  privateHosts: z.array(z.string().trim().min(1).max(260)).max(50).default([]),
  /** Redirect method; `auto`: the redirect planner chooses. */
  redirect: z.enum(['auto', 'fixed-port', 'any-port', 'custom-scheme', 'paste']).default('auto'),
  redirectHost: z.enum(['auto', '127.0.0.1', 'localhost', '[::1]']).default('auto'),
  /** The flow that `connect` starts by default. */
  flow: z.enum(['authorization_code', 'device_code', 'client_credentials']).default('authorization_code'),
  /** PEM certificate authorities to trust for this provider, in addition to the system's. */
  extraCa: z.string().max(200_000).nullable().default(null),
  spec: specPatch.default({}),
})
export type ProviderInput = z.output<typeof providerInput>
export type ProviderInputDraft = z.input<typeof providerInput>

/** Shown and sent back in place of a stored client secret. */
export const SECRET_PLACEHOLDER = '••••••••'

/** Changes to a provider. The slug cannot change. */
export const providerPatch = patchOf(providerInput.omit({ slug: true, preset: true }))
export type ProviderPatch = z.output<typeof providerPatch>

/** Maximum nesting depth: deeper than any spec, and safe for recursion. */
const MOST_SPEC_LEVELS = 50

/** The same over HTTP, where the spec holds only the changed fields. The result is validated as a whole. */
export const providerChange = patchOf(
  providerInput.omit({ slug: true, preset: true }).extend({
    spec: z
      .custom<Readonly<Record<string, unknown>>>(
        (value) =>
          typeof value === 'object' &&
          value !== null &&
          !Array.isArray(value) &&
          !isDeeperThan(value, MOST_SPEC_LEVELS),
        `An object with fields of the description, at most ${MOST_SPEC_LEVELS} levels deep.`,
      )
      .describe(
        'Only the fields that change; null empties one that may be empty, and takes an entry out of a map',
      ),
  }),
)
export type ProviderChange = z.output<typeof providerChange>

/** A public key that proves this client (RFC 7517). Registered at the provider; it is no secret. */
export const clientKey = z.strictObject({
  kty: z.string().max(10),
  kid: z.string().max(200),
  alg: z.string().max(20),
  use: z.literal('sig'),
  crv: z.string().max(20).exactOptional(),
  x: z.string().max(2000).exactOptional(),
  y: z.string().max(2000).exactOptional(),
  n: z.string().max(2000).exactOptional(),
  e: z.string().max(20).exactOptional(),
})
export type ClientKey = z.output<typeof clientKey>

/** As stored in the providers file. The vault seals the secret with this record's id as associated data. */
export const providerRecord = providerInput.omit({ clientSecret: true }).extend({
  name: storedName,
  id: z.string().min(1).max(64),
  sealedClientSecret: z.string().nullable(),
  /** Sealed registration access token (RFC 7592), when the client was registered dynamically. */
  sealedRegistration: z.string().nullable().default(null),
  /** When the client secret ends (RFC 7591), in epoch milliseconds; null: never, or not known. */
  clientSecretExpiresAt: z.number().nullable().default(null),
  /**
   * When the provider last refused a client that it had registered for Keyway; null after a success. The next
   * sign-in registers a new one.
   */
  clientRefusedAt: z.number().nullable().default(null),
  /** Public keys for `private_key_jwt`, newest first; the second until the provider knows the first. */
  clientKeys: z.array(clientKey).max(2).default([]),
  /** The private keys, sealed together. */
  sealedClientKeys: z.string().nullable().default(null),
  spec: storedSpec.default({}),
  createdAt: z.number(),
  updatedAt: z.number(),
})
export type ProviderRecord = z.output<typeof providerRecord>

/** What the window and the API receive: everything but the secret, with the spec in full. */
export type ProviderView = Omit<
  ProviderRecord,
  'sealedClientSecret' | 'sealedRegistration' | 'sealedClientKeys' | 'spec'
> & {
  hasClientSecret: boolean
  /** The newest public key in PEM; null without a key. */
  clientKeyPem: string | null
  spec: ProviderSpec
  /** Only the differences from the preset. */
  overrides: ProviderSpecInput
  /** The exact URI to register in the provider's console, or null when the flow needs none. */
  redirectUri: string | null
  /** Why this redirect method was chosen, and what to do when the provider refuses it. */
  redirectNote: string | null
  connectionCount: number
}
