// Providers that come from a file: one of Keyway's own, or what another tool's configuration says.
import { z } from 'zod'
import type { ProviderInputDraft, ProviderView } from './provider.ts'
import { slugSchema } from './slug.ts'

export const foreignFormat = z.enum([
  'oidc-agent',
  'pizauth',
  'email-oauth2-proxy',
  'postman',
  'insomnia',
  'bruno',
])
export type ForeignFormat = z.output<typeof foreignFormat>

/** A file's text, and whose it is; `auto` looks. */
export const foreignInput = z.strictObject({
  text: z.string().min(1, 'Nothing was pasted.').max(5_000_000),
  format: foreignFormat.or(z.literal('auto')).default('auto'),
})

/** A provider as far as the other tool's file describes it, ready for the registration form. Nothing is stored yet. */
export type ImportedProvider = {
  draft: ProviderInputDraft
  /** Sentences about what could not be taken over, and what to do about it. */
  notes: string[]
  /** What the form still needs, in its own names: `clientId`, `endpoints.token`. */
  missing: string[]
}

export type ForeignProviders = {
  format: ForeignFormat
  providers: ImportedProvider[]
  /** About the file as a whole. */
  notes: string[]
}

/** What `providers.export` gave, as JSON or as code, or JSON of the same shape. */
export const providerFile = z.strictObject({
  json: z.string().min(1, 'Nothing was pasted.').max(1_000_000),
  /** Instead of the one in the file, when that is taken. */
  slug: slugSchema.optional(),
})

export type ProviderImported = {
  provider: ProviderView
  /** What the file did not hold, such as the secret. */
  notes: string[]
}
