import { toast } from 'sonner'
import { settingsPatch, type Settings, type SettingsPatch } from '../../../shared/contract/settings.ts'
import { text } from '../../lib/text.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { toastFailure } from '../toasts.ts'

/** Writes a setting at once, with a way back instead of a question before. */
export function useSetting(): (patch: SettingsPatch) => Promise<boolean> {
  const host = useHost()
  const { settings } = useSnapshot()
  return async (patch) => {
    const before = Object.fromEntries(
      Object.keys(patch).map((name) => [name, settings[name as keyof Settings]]),
    ) as SettingsPatch
    const answer = await host.call('settings.update', patch)
    if (!answer.ok) {
      toastFailure(answer.failure)
      return false
    }
    toast.success(text.settings.saved, {
      duration: 4000,
      action: { label: text.settings.undo, onClick: () => void host.call('settings.update', before) },
    })
    return true
  }
}

/** What is wrong with a value for a setting, by the schema that the core parses it with. */
export function settingProblem(patch: Record<string, unknown>): string | undefined {
  const checked = settingsPatch.safeParse(patch)
  return checked.success ? undefined : checked.error.issues[0]?.message
}
