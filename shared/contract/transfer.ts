// Everything of one Keyway in one encrypted file, to keep or to take to another machine. What the file itself
// looks like is the core's.
import { z } from 'zod'
import type { Grant } from './app.ts'
import type { ConnectionRecord, ConnectionStatus } from './connection.ts'
import type { ProviderInputDraft, ProviderView } from './provider.ts'
import { slugSchema } from './slug.ts'

/** Typed by a person; its least length is the core's to say, with a code. */
const passphrase = z.string().max(1000)
const content = z
  .string()
  .min(1, 'No bundle was chosen.')
  .max(48 * 1024 * 1024)
const itemId = z.string().min(1).max(64)

/** `keep_both`: under another name (and id) beside what is here. Nothing that is here is ever replaced. */
export const bundleChoice = z.enum(['add', 'keep_both', 'skip'])
export type BundleChoice = z.output<typeof bundleChoice>

/** By the ids in the bundle. What clashes needs a choice; what does not is added unless it is skipped. */
export const bundleChoices = z.strictObject({
  providers: z.record(itemId, bundleChoice).default({}),
  connections: z.record(itemId, bundleChoice).default({}),
  apps: z.record(itemId, bundleChoice).default({}),
  /**
   * Apps whose key goes on working. Whoever made the file may have such a key too, so none does unless it is
   * named here.
   */
  keepKeys: z.array(itemId).max(10_000).default([]),
  /**
   * `take`: the settings of the bundle replace those here, but for those that decide whom outgoing requests
   * trust.
   */
  settings: z.enum(['take', 'skip']).default('skip'),
})
export type BundleChoices = z.output<typeof bundleChoices>

export const bundleExportInput = z.strictObject({ passphrase })
export const bundleInspectInput = z.strictObject({ content, passphrase })
export const bundleImportInput = bundleInspectInput.extend({ choices: bundleChoices.prefault({}) })

export type BundleWarning = {
  /**
   * `rotating_grant`: each renewal uses up the refresh token, so of two machines with the same grant one
   * loses it. `renewal_under_way`: a renewal had not ended; its token may be used up already. `left_out`:
   * could not be read here, so it is not in the bundle.
   */
  code: 'rotating_grant' | 'renewal_under_way' | 'left_out'
  /** For `rotating_grant`: seen or known to rotate, or nobody has established it. */
  certainty: 'known' | 'possible'
  connectionId: string | null
  providerName: string
  account: string | null
  message: string
}

export type BundleExport = {
  fileName: string
  /** What to save: JSON text, useless without the passphrase. */
  content: string
  counts: { providers: number; connections: number; apps: number }
  warnings: BundleWarning[]
}

export type BundleClash = {
  kind:
    'here_already' | 'slug_taken' | 'account_taken' | 'name_taken' | 'preset_unknown' | 'provider_not_taken'
  /** Id of what is here. */
  withId: string | null
  message: string
}

export type BundleItem = {
  /** Its id in the bundle; the key of the choice. */
  id: string
  name: string
  clash: BundleClash | null
  /** What may be chosen, the suggested one first. */
  choices: BundleChoice[]
}
export type BundleProvider = BundleItem & {
  slug: string
  preset: string | null
  hasClientSecret: boolean
  /** Fields that are not the same as those of the provider here. */
  differs: string[]
}
export type BundleConnection = BundleItem & {
  providerId: string
  providerName: string
  identityLabel: string | null
  how: ConnectionRecord['how']
  grantedScopes: string[]
  status: ConnectionStatus
  lastAuthorizedAt: number
}
/** As it stands in the file. It arrives paused and without the rights that are named in `loses`. */
export type BundleApp = BundleItem & {
  grants: Grant[]
  manage: boolean
  approve: boolean
  origins: string[]
  paused: boolean
  keyCount: number
  /**
   * `all`: a permission for everything, narrowed to what the file brings. `here`: for what is here already.
   */
  loses: Array<'manage' | 'approve' | 'all' | 'here'>
}
/**
 * Values as text; a setting that is the same on both sides is not listed. `isTaken` false: it is left out
 * also when settings are taken.
 */
export type BundleSetting = { name: string; here: string; there: string; isTaken: boolean }

export type BundleReport = {
  /** Epoch ms. */
  createdAt: number
  keywayVersion: string
  providers: BundleProvider[]
  connections: BundleConnection[]
  apps: BundleApp[]
  settings: BundleSetting[]
  warnings: BundleWarning[]
}

export type BundleImported = {
  added: { providers: number; connections: number; apps: number; settings: number }
  skipped: { providers: number; connections: number; apps: number }
  renamed: Array<{ kind: 'provider' | 'connection' | 'app'; from: string; to: string }>
  /** Sentences about what came differently than it stood in the bundle. */
  notes: string[]
  warnings: BundleWarning[]
}

// Providers that come from a file: one of Keyway's own, or what another tool's configuration says.

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

/**
 * A provider as far as the other tool's file describes it, ready for the registration form. Nothing is stored
 * yet.
 */
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
