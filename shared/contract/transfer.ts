// A full export of one Keyway in one encrypted file, as a backup or for another machine. The core defines the
// file format.
import { z } from 'zod'
import type { Grant } from './app.ts'
import type { ConnectionRecord, ConnectionStatus } from './connection.ts'
import type { ProviderInputDraft, ProviderView } from './provider.ts'
import { slugSchema } from './slug.ts'

/** Typed by a person. The core checks its minimum length and reports it with a code. */
const passphrase = z.string().max(1000)
const content = z
  .string()
  .min(1, 'No bundle was chosen.')
  .max(48 * 1024 * 1024)
const itemId = z.string().min(1).max(64)

/** `keep_both`: imported under another name (and id). Existing entries are never replaced. */
export const bundleChoice = z.enum(['add', 'keep_both', 'skip'])
export type BundleChoice = z.output<typeof bundleChoice>

/** Choices by the ids in the bundle. A clash needs a choice; anything else is added unless it is skipped. */
export const bundleChoices = z.strictObject({
  providers: z.record(itemId, bundleChoice).default({}),
  connections: z.record(itemId, bundleChoice).default({}),
  apps: z.record(itemId, bundleChoice).default({}),
  /**
   * Apps whose keys remain valid. The author of the file may also have such a key, so only the keys of the
   * apps listed here are accepted.
   */
  keepKeys: z.array(itemId).max(10_000).default([]),
  /**
   * `take`: the settings of the bundle replace the current ones, except those that decide which servers
   * outgoing requests trust.
   */
  settings: z.enum(['take', 'skip']).default('skip'),
})
export type BundleChoices = z.output<typeof bundleChoices>

export const bundleExportInput = z.strictObject({ passphrase })
export const bundleInspectInput = z.strictObject({ content, passphrase })
export const bundleImportInput = bundleInspectInput.extend({ choices: bundleChoices.prefault({}) })

export type BundleWarning = {
  /**
   * `rotating_grant`: each refresh uses up the refresh token, so of two machines with the same authorization
   * one loses it. `renewal_under_way`: a refresh had not finished, so its token may be used up already.
   * `left_out`: could not be read here, so it is not in the bundle.
   */
  code: 'rotating_grant' | 'renewal_under_way' | 'left_out'
  /** For `rotating_grant`: observed or known to rotate, or not established. */
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
  /** Id of the existing entry. */
  withId: string | null
  message: string
}

export type BundleItem = {
  /** Its id in the bundle; the key of the choice. */
  id: string
  name: string
  clash: BundleClash | null
  /** The possible choices, the suggested one first. */
  choices: BundleChoice[]
}
export type BundleProvider = BundleItem & {
  slug: string
  preset: string | null
  hasClientSecret: boolean
  /** Fields that differ from the existing provider. */
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
/** As the file states it. It is imported paused and without the rights that `loses` lists. */
export type BundleApp = BundleItem & {
  grants: Grant[]
  manage: boolean
  approve: boolean
  origins: string[]
  paused: boolean
  keyCount: number
  /** `all`: a permission for everything, narrowed to what the file contains. `here`: for existing entries. */
  loses: Array<'manage' | 'approve' | 'all' | 'here'>
}
/**
 * Values as text; settings that are equal on both sides are not listed. `isTaken` false: not imported, even
 * when settings are.
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
  /** Sentences about differences between the bundle and the result. */
  notes: string[]
  warnings: BundleWarning[]
}

// Providers read from a file: one of Keyway's own, or another tool's configuration.

export const foreignFormat = z.enum([
  'oidc-agent',
  'pizauth',
  'email-oauth2-proxy',
  'postman',
  'insomnia',
  'bruno',
  'hoppscotch',
  'google-client',
  'rclone',
])
export type ForeignFormat = z.output<typeof foreignFormat>

/** The text of a file and its format; `auto`: detected. */
export const foreignInput = z.strictObject({
  text: z.string().min(1, 'Nothing was pasted.').max(5_000_000),
  format: foreignFormat.or(z.literal('auto')).default('auto'),
})

/**
 * A provider as far as another tool's file describes it, ready for the registration form. Nothing is stored
 * yet.
 */
export type ImportedProvider = {
  draft: ProviderInputDraft
  /** Sentences about what could not be imported, and what to do about it. */
  notes: string[]
  /** Fields that the form still needs, by its own names: `clientId`, `endpoints.token`. */
  missing: string[]
}

export type ForeignProviders = {
  format: ForeignFormat
  providers: ImportedProvider[]
  /** Notes about the file as a whole. */
  notes: string[]
}

/** The result of `providers.export`, as JSON or as code, or JSON of the same schema. */
export const providerFile = z.strictObject({
  json: z.string().min(1, 'Nothing was pasted.').max(1_000_000),
  /** Slug to use instead of the file's when that is taken. */
  slug: slugSchema.optional(),
})

export type ProviderImported = {
  provider: ProviderView
  /** Values that the file does not contain, such as the secret. */
  notes: string[]
}
