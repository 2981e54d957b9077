import { toast } from 'sonner'
import { z } from 'zod'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import {
  settings as settingsSchema,
  settingsPatch,
  type Settings,
  type SettingsPatch,
} from '../../../shared/contract/settings.ts'
import { text } from '../../lib/text.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { toastFailure, toastUndone } from '../toasts.ts'

/** Writes a setting at once, with a way back instead of a question before. The failure comes back for who has a place for it. */
export function useSaveSetting(): (patch: SettingsPatch) => Promise<ErrorBody | null> {
  const host = useHost()
  const { settings } = useSnapshot()
  return async (patch) => {
    const before = Object.fromEntries(
      Object.keys(patch).map((name) => [name, settings[name as keyof Settings]]),
    ) as SettingsPatch
    const answer = await host.call('settings.update', patch)
    if (!answer.ok) return answer.failure
    toast.success(text.settings.saved, {
      duration: 4000,
      action: {
        label: text.common.undo,
        onClick: () => void toastUndone(host.call('settings.update', before)),
      },
    })
    return null
  }
}

/** The same for a switch, whose failure is told in a toast. */
export function useSetting(): (patch: SettingsPatch) => Promise<void> {
  const save = useSaveSetting()
  return async (patch) => {
    const failure = await save(patch)
    if (failure !== null) toastFailure(failure)
  }
}

/** What is wrong with a value for a setting, by the schema that the core parses it with. */
export function settingProblem(patch: Record<string, unknown>): string | undefined {
  const checked = settingsPatch.safeParse(patch)
  if (checked.success) return undefined
  const range = rangeOf(Object.keys(patch)[0] ?? '')
  return range === null ? checked.error.issues[0]?.message : text.settings.badNumber(...range)
}

/** What a number may be; null: the setting is none. */
function rangeOf(name: string): [least: number, most: number] | null {
  const field = Object.entries(settingsSchema.shape)
    .find(([key]) => key === name)?.[1]
    .unwrap()
  if (!(field instanceof z.ZodNumber) || field.minValue === null || field.maxValue === null) return null
  return [field.minValue, field.maxValue]
}
