import { z } from 'zod'
import { providerSpec } from './provider-spec.ts'
import { templateUrl } from './provider-template.ts'
import { presetSlugSchema } from './slug.ts'
import { specPatch } from './provider.ts'

/** A built-in description of a well-known provider: data that a person's client id and secret complete. */
export const preset = z.strictObject({
  slug: presetSlugSchema,
  name: z.string().min(1),
  category: z.string(),
  /** Name in simple-icons, or null: initials are drawn. */
  icon: z.string().nullable().default(null),
  docsUrl: z.url().nullable(),
  consoleUrl: z.string().nullable(),
  /** How to find the right place in the console. */
  consoleHint: z.string().nullable().default(null),
  /**
   * Template; the page where the owner of an account sees and takes back what programs were allowed. Null:
   * not known.
   */
  manageUrl: templateUrl.nullable().default(null),
  defaultScopes: z.array(z.string()),
  defaultSecondaryScopes: z.array(z.string()).default([]),
  spec: specPatch,
  /** Plain sentences for the person: limits, app kinds, reviews. */
  notes: z.array(z.string()).default([]),
  confidence: z.enum(['documented', 'catalog', 'memory']),
  /** Names of fields nobody has checked against the provider's own pages; shown as unsure. */
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
