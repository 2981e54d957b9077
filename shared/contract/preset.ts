import { z } from 'zod'
import { providerSpec } from './provider-spec.ts'
import { templateUrl } from './provider-template.ts'
import { presetSlugSchema } from './slug.ts'
import { specPatch } from './provider.ts'

/**
 * A built-in description of a well-known provider: data that is completed by the person's client id and
 * secret.
 */
export const preset = z.strictObject({
  slug: presetSlugSchema,
  name: z.string().min(1),
  category: z.string(),
  /** Icon name in simple-icons, or null: initials are drawn. */
  icon: z.string().nullable().default(null),
  docsUrl: z.url().nullable(),
  consoleUrl: z.string().nullable(),
  /** How to find the page in the provider's console. */
  consoleHint: z.string().nullable().default(null),
  /**
   * Template: the page where an account's owner sees and revokes authorizations of programs. Null: not known.
   */
  manageUrl: templateUrl.nullable().default(null),
  defaultScopes: z.array(z.string()),
  defaultSecondaryScopes: z.array(z.string()).default([]),
  spec: specPatch,
  /** Notes for the person: limits, kinds of apps, reviews. */
  notes: z.array(z.string()).default([]),
  confidence: z.enum(['documented', 'catalog', 'memory']),
  /** Names of fields that were not verified with the provider's documentation; the window marks them. */
  unsure: z.array(z.string()).default([]),
  /** Presets that share endpoints and one client (Google's, Microsoft's). */
  family: z.string().nullable().default(null),
  sources: z.array(z.string()).default([]),
})
export type Preset = z.output<typeof preset>

/** The preset with its spec in full. */
export function fullSpecOf(of: Preset): z.output<typeof providerSpec> {
  return providerSpec.parse(of.spec)
}
