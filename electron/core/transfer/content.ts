// The schema of a bundle's content, validated before use: the stored records with their secrets decrypted.
import { z } from 'zod'
import { appRecord } from '../../../shared/contract/app.ts'
import { connectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { providerRecord } from '../../../shared/contract/provider.ts'
import { isDeeperThan } from '../../../shared/contract/schema-walk.ts'
import { settings } from '../../../shared/contract/settings.ts'
import { tokenSet } from '../connections/store/sealed.ts'

/** Ids become file names and keys, so only the format of Keyway's own ids is accepted. */
const safeId = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'An id has lowercase letters, digits, "_" and "-".')

const sealed = { sealedClientSecret: true, sealedRegistration: true, sealedClientKeys: true } as const
const bundledProvider = providerRecord.omit(sealed).extend({
  id: safeId,
  clientSecret: z.string().max(10_000).nullable(),
  registration: z.string().max(10_000).nullable(),
  /** The private keys; the public ones are taken from these. */
  privateClientKeys: z.string().max(20_000).nullable().default(null),
})
export type BundledProvider = z.output<typeof bundledProvider>

const bundledConnection = connectionRecord.omit({ sealedTokens: true, sealedPrevious: true }).extend({
  id: safeId,
  tokens: tokenSet,
  previous: tokenSet.nullable(),
})
export type BundledConnection = z.output<typeof bundledConnection>

const bundledApp = appRecord.extend({
  id: safeId,
  keys: z
    .array(
      appRecord.shape.keys.element.extend({
        id: safeId,
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'A SHA-256 in hex.'),
      }),
    )
    .max(10),
})

const bundleContent = z.strictObject({
  keywayVersion: z.string().max(100),
  providers: z.array(bundledProvider).max(10_000),
  connections: z.array(bundledConnection).max(100_000),
  apps: z.array(bundledApp).max(10_000),
  settings,
})
export type BundleContent = z.output<typeof bundleContent>

const MAX_ISSUES = 20
/** Deeper than anything Keyway writes. */
const MAX_LEVELS = 100

/** @throws KeywayError bundle_damaged that names each invalid field (`details.issues`) */
export function parseContent(value: unknown): BundleContent {
  if (isDeeperThan(value, MAX_LEVELS)) {
    throw new KeywayError('bundle_damaged', {
      message: `The bundle opened, but its content is nested deeper than ${MAX_LEVELS} levels.`,
      details: { step: 'content', field: '', issues: [] },
    })
  }
  const parsed = bundleContent.safeParse(value)
  const issues = parsed.success
    ? contradictions(parsed.data)
    : parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
  if (parsed.success && issues.length === 0) return parsed.data
  const [first] = issues
  throw new KeywayError('bundle_damaged', {
    message: `The bundle opened, but ${first?.field ?? 'its content'} is not right: ${first?.message ?? ''}`,
    details: { step: 'content', field: first?.field ?? '', issues: issues.slice(0, MAX_ISSUES) },
  })
}

type Issue = { field: string; message: string }

function contradictions({ providers, connections, apps }: BundleContent): Issue[] {
  const providerIds = new Set(providers.map(({ id }) => id))
  return [
    ...repeated('providers', providers),
    ...repeated('connections', connections),
    ...repeated('apps', apps),
    ...connections.flatMap(({ providerId }, index) =>
      providerIds.has(providerId)
        ? []
        : [{ field: `connections.${index}.providerId`, message: 'No such provider is in the bundle.' }],
    ),
  ]
}

function repeated(list: string, records: ReadonlyArray<{ id: string }>): Issue[] {
  const seen = new Set<string>()
  return records.flatMap(({ id }, index) => {
    const isNew = !seen.has(id)
    seen.add(id)
    return isNew ? [] : [{ field: `${list}.${index}.id`, message: 'This id stands in the bundle twice.' }]
  })
}
