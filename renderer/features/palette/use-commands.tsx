import { Copy, Drama, FileUp, KeyRound, LockKeyhole, Monitor, Moon, Plus, Sun } from 'lucide-react'
import type { ReactNode } from 'react'
import { toast } from 'sonner'
import type { Settings } from '../../../shared/contract/settings.ts'
import { copyText } from '../../lib/clipboard.ts'
import { parseRoute } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { navItems } from '../shell/nav-items.tsx'
import { toastFailure } from '../toasts.ts'

export type PaletteCommand = { label: string; icon: ReactNode; run: () => void }

const words = text.palette

/** What one can do from the palette, beside going somewhere. */
export function useCommands(): { heading: string; commands: PaletteCommand[] }[] {
  const host = useHost()
  const { server } = useSnapshot()
  const setTheme = (theme: Settings['theme']) => async (): Promise<void> => {
    const answer = await host.call('settings.update', { theme })
    if (!answer.ok) toastFailure(answer.failure)
  }
  const lock = async (): Promise<void> => {
    const answer = await host.call('vault.lock', undefined)
    if (!answer.ok) toastFailure(answer.failure)
  }
  const copyUrl = async (): Promise<void> => {
    if (await copyText(server.url)) toast.success(text.common.copied)
    else toast.error(text.common.copyRefused)
  }
  return [
    {
      heading: words.groups.actions,
      commands: [
        { label: words.addConnection, icon: <Plus />, run: () => navigate({ name: 'add', query: '' }) },
        { label: words.newApp, icon: <KeyRound />, run: () => navigate({ name: 'new-app' }) },
        { label: text.rehearsal.title, icon: <Drama />, run: () => navigate({ name: 'rehearsal' }) },
        { label: text.import.title, icon: <FileUp />, run: () => navigate({ name: 'import' }) },
        { label: words.copyUrl, icon: <Copy />, run: () => void copyUrl() },
        { label: words.lock, icon: <LockKeyhole />, run: () => void lock() },
        { label: words.theme.light, icon: <Sun />, run: () => void setTheme('light')() },
        { label: words.theme.dark, icon: <Moon />, run: () => void setTheme('dark')() },
        { label: words.theme.system, icon: <Monitor />, run: () => void setTheme('system')() },
      ],
    },
    {
      heading: words.groups.goTo,
      commands: navItems.map(({ label, icon, href }) => ({
        label,
        icon,
        run: () => navigate(parseRoute(href)),
      })),
    },
  ]
}
