import type { Preset } from '../../../shared/contract/preset.ts'
import { usePresets, useSnapshot } from '../../stores/window-context.tsx'

/** Name of a provider's mark, or null. */
export function useIconOf(providerSlug: string, providerId: string): string | null {
  const { bySlug } = usePresets()
  const { providers } = useSnapshot()
  const preset = providers.find(({ id }) => id === providerId)?.preset ?? providerSlug
  return bySlug.get(preset)?.icon ?? null
}

export function usePresetOf(slug: string | null): Preset | null {
  const { bySlug } = usePresets()
  return slug === null ? null : (bySlug.get(slug) ?? null)
}
