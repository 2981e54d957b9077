// What applying a file comes to, decided before anything is sent.
import { isDeepStrictEqual } from 'node:util'
import { SECRET_PLACEHOLDER, type ProviderInput } from '../../../shared/contract/provider.ts'
import { refused } from '../read-arguments.ts'
import type { Registered } from '../registered-providers.ts'
import type { Definition } from './definitions.ts'

export type Step =
  | { kind: 'create'; slug: string; body: Readonly<Record<string, unknown>> }
  | {
      kind: 'change'
      slug: string
      body: Readonly<Record<string, unknown>>
      /** What stands there now; the secret cannot be read, so it is not among them. */
      before: Readonly<Record<string, unknown>>
      changed: string[]
      /** A secret is sent: whether it differs is not known here. */
      sendsSecret: boolean
    }
  | { kind: 'keep'; slug: string }

/** @throws KeywayError invalid_request when a provider builds on another preset than the file says */
export function planFor(definitions: readonly Definition[], registered: readonly Registered[]): Step[] {
  return definitions.map((definition) => {
    const present = registered.find(({ slug }) => slug === definition.slug)
    return present === undefined ? creation(definition) : change(definition, present)
  })
}

function creation({ slug, input, fields }: Definition): Step {
  return { kind: 'create', slug, body: { slug, ...pick(input, fields) } }
}

function change({ slug, input, fields }: Definition, present: Registered): Step {
  if (fields.includes('preset') && input.preset !== (present['preset'] ?? null)) {
    throw refused(
      `${slug}.preset: It is registered with another preset, which cannot be changed. Nothing was changed.`,
      {
        field: `${slug}.preset`,
      },
    )
  }
  const comparable = fields.filter((field) => field !== 'preset' && field !== 'clientSecret')
  const changed = comparable.filter((field) => !isDeepStrictEqual(input[field], valueIn(present, field)))
  const { clientSecret } = input
  const sendsSecret = clientSecret !== undefined && clientSecret !== SECRET_PLACEHOLDER
  if (changed.length === 0 && !sendsSecret) return { kind: 'keep', slug }
  return {
    kind: 'change',
    slug,
    body: { ...pick(input, changed), ...(sendsSecret ? { clientSecret } : {}) },
    before: Object.fromEntries(changed.map((field) => [field, valueIn(present, field)])),
    changed,
    sendsSecret,
  }
}

/** A provider's spec is shown whole, and beside it what was given of it. */
const valueIn = (present: Registered, field: keyof ProviderInput): unknown =>
  present[field === 'spec' ? 'overrides' : field]

const pick = (input: ProviderInput, fields: ReadonlyArray<keyof ProviderInput>): Record<string, unknown> =>
  Object.fromEntries(fields.map((field) => [field, input[field]]))
