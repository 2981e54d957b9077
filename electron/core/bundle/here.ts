import type { AppRecord } from '../../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec, ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { Settings } from '../../../shared/contract/settings.ts'

/** What a bundle is made of, and what one that comes in is held against. */
export type Here = {
  providers(): ProviderRecord[]
  connections(): ConnectionRecord[]
  apps(): AppRecord[]
  settings(): Settings
  presetSlugs: readonly string[]
  /** Also those of entries that cannot be read. */
  takenSlugs(): string[]
  /** @throws KeywayError invalid_request when preset and deviations make no spec together */
  specOf(provider: { preset: string | null; spec: ProviderSpecInput }): ProviderSpec
}
