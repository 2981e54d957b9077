import type { Preset } from '../../../shared/contract/preset.ts'
import { usePresets, useSnapshot } from '../../stores/window-context.tsx'

/** Name of a provider's icon; null when it has none, undefined while it is unknown. */
export function useIconOf(providerSlug: string, providerId: string): string | null | undefined {
  const { bySlug, presets, failure } = usePresets()
  const { providers } = useSnapshot()
  const preset = providers.find(({ id }) => id === providerId)?.preset ?? providerSlug
  if (presets === null && failure === null) return undefined
  return bySlug.get(preset)?.icon ?? null
}

export function usePresetOf(slug: string | null): Preset | null {
  const { bySlug } = usePresets()
  return slug === null ? null : (bySlug.get(slug) ?? null)
}
