// Imports providers from files: an export of Keyway is registered at once; files of other tools become drafts
// for the form.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { ForeignProviders, ImportedProvider } from '../../../shared/contract/transfer.ts'
import type { UiApi } from '../../../shared/contract/ui-api.ts'
import { freeSlug } from '../../../shared/domain/foreign/provider.ts'
import type { FileReader } from './file-reader.ts'
import type { Providers } from '../keyway.ts'

export type ProviderFilesDeps = {
  providers: Pick<Providers, 'create' | 'list'>
  presets: readonly Preset[]
  files: Pick<FileReader, 'foreign' | 'provider'>
}

export type ProviderFiles = Pick<UiApi, 'providers.import' | 'providers.readForeign'>

export function createProviderFiles({ providers, presets, files }: ProviderFilesDeps): ProviderFiles {
  return {
    async 'providers.import'({ json, slug }) {
      const { input, notes } = await files.provider(json, slug)
      return { provider: providers.create(input), notes }
    },
    async 'providers.readForeign'({ text, format }): Promise<ForeignProviders> {
      const result = await files.foreign(text, format)
      if (result.kind === 'unreadable') throw unreadable(result.problem, result.line)
      const taken = new Set([...providers.list(), ...presets].map(({ slug }) => slug))
      return {
        format: result.format,
        notes: result.notes,
        providers: result.providers.map((provider) => {
          const slug = freeSlug(provider.draft.slug, taken)
          taken.add(slug)
          return withPreset({ ...provider, draft: Object.assign(provider.draft, { slug }) }, presets)
        }),
      }
    },
  }
}

/** Adds a note if a preset describes the same server, because it knows more than the other tool. */
function withPreset(provider: ImportedProvider, presets: readonly Preset[]): ImportedProvider {
  const token = provider.draft.spec === undefined ? null : tokenAddress(provider.draft.spec)
  const preset = presets.find(({ spec }) => token !== null && tokenAddress(spec) === token)
  if (preset === undefined) return provider
  const note = `Keyway has a preset for this server ("${preset.name}"); starting from it needs only the client id and secret.`
  return { ...provider, notes: [note, ...provider.notes] }
}

function tokenAddress(spec: unknown): string | null {
  const endpoints = isObject(spec) && isObject(spec['endpoints']) ? spec['endpoints'] : {}
  return typeof endpoints['token'] === 'string' ? endpoints['token'] : null
}

function unreadable(problem: string, line: number | null): KeywayError {
  return new KeywayError('invalid_request', {
    message: line === null ? problem : `Line ${line}: ${problem}`,
    nextStep: 'Choose the tool that the file is from, or paste the whole file; nothing was registered.',
    details: { field: 'text', ...(line === null ? {} : { line }) },
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
