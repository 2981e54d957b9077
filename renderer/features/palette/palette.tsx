import { Command } from 'cmdk'
import {
  Copy,
  Drama,
  FileUp,
  KeyRound,
  LockKeyhole,
  Monitor,
  Moon,
  Plug,
  Plus,
  Search,
  Sun,
} from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { toast } from 'sonner'
import { isolated } from '../../../shared/contract/name.ts'
import type { Settings } from '../../../shared/contract/settings.ts'
import { connectionState } from '../../../shared/domain/connection-state.ts'
import { Initials } from '../../components/brand/logo.tsx'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { Kbd } from '../../components/display/facts.tsx'
import { keepsOpenForGuest, ModalGuest } from '../../components/modal-guest.tsx'
import { copyText } from '../../lib/browser.ts'
import { useFocusThereAndBack, useNow } from '../../lib/hooks.ts'
import { parseRoute } from '../../lib/route.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost, usePresets, useSnapshot } from '../../stores/window-context.tsx'
import { stateLabel } from '../connections/status-badge.tsx'
import { navItems } from '../shell/sidebar.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { toastFailure } from '../toasts.ts'

const words = text.palette

/** The command palette: everything by name, from anywhere. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const focus = useFocusThereAndBack()
  // The action runs after the palette has closed, so that its target may take the focus.
  const chosen = useRef<(() => void) | null>(null)
  const choose: Choose = (act) => () => {
    chosen.current = act
    onClose()
  }
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="animate-fade fixed inset-0 z-50 bg-[light-dark(rgb(15_15_25/0.2),rgb(0_0_0/0.5))]" />
        <Dialog.Content
          aria-describedby={undefined}
          {...keepsOpenForGuest}
          onOpenAutoFocus={focus.onOpenAutoFocus}
          onCloseAutoFocus={(event) => {
            focus.onCloseAutoFocus(event)
            chosen.current?.()
            chosen.current = null
          }}
          className="animate-pop shadow-pop bg-raised fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl outline-none max-sm:top-4"
        >
          <Dialog.Title className="sr-only">{words.title}</Dialog.Title>
          <Command loop label={words.title}>
            <div className="border-line flex items-center gap-2.5 border-b px-4">
              <Search aria-hidden="true" className="text-faint size-4 shrink-0" />
              <Command.Input
                placeholder={words.placeholder}
                className="text-ink h-12 min-w-0 flex-1 bg-transparent text-base outline-none max-sm:text-lg"
              />
            </div>
            <Command.List
              label={words.title}
              className="max-h-[min(24rem,60dvh)] scroll-py-2 overflow-y-auto p-1.5"
            >
              <Command.Empty className="text-muted px-3 py-8 text-center text-sm">
                {words.nothing}
              </Command.Empty>
              <Entries choose={choose} />
            </Command.List>
          </Command>
          <div className="border-line text-faint flex gap-4 border-t px-4 py-2 text-2xs max-sm:hidden">
            <Hint keys={['↑', '↓']} label={words.hint.move} />
            <Hint keys={['↵']} label={words.hint.open} />
            <Hint keys={['esc']} label={words.hint.leave} />
          </div>
          <ModalGuest />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Hint({ keys, label }: { keys: readonly string[]; label: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <Kbd keys={keys} />
      {label}
    </span>
  )
}

type Choose = (act: () => void) => () => void

function Entries({ choose }: { choose: Choose }) {
  const { apps, providers } = useSnapshot()
  const { bySlug } = usePresets()
  const commands = useCommands()
  return (
    <>
      <ConnectionEntries choose={choose} />
      <ReconnectEntries choose={choose} />
      {commands.map((group) => (
        <Group key={group.heading} heading={group.heading}>
          {group.commands.map(({ label, icon, run }) => (
            <Entry
              key={label}
              value={`${group.heading} ${label}`}
              icon={icon}
              label={label}
              onSelect={choose(run)}
            />
          ))}
        </Group>
      ))}
      <Group heading={words.groups.apps}>
        {apps.map(({ id, name }) => (
          <Entry
            key={id}
            value={`app ${name} ${id}`}
            icon={<Initials name={name} className="grid size-6 place-items-center rounded-sm text-2xs" />}
            label={isolated(name)}
            onSelect={choose(() => navigate({ name: 'app', id }))}
          />
        ))}
      </Group>
      <Group heading={words.groups.providers}>
        {providers.map(({ id, name, preset }) => (
          <Entry
            key={id}
            value={`provider ${name} ${id}`}
            icon={<ProviderIcon size="sm" icon={bySlug.get(preset ?? '')?.icon ?? null} name={name} />}
            label={isolated(name)}
            onSelect={choose(() => navigate({ name: 'provider', id, tab: 'overview' }))}
          />
        ))}
      </Group>
    </>
  )
}

function ConnectionEntries({ choose }: { choose: Choose }) {
  const { connections, providers } = useSnapshot()
  const { bySlug } = usePresets()
  const now = useNow(60_000)
  const iconOf = (providerId: string): string | null => {
    const preset = providers.find(({ id }) => id === providerId)?.preset
    return bySlug.get(preset ?? '')?.icon ?? null
  }
  return (
    <Group heading={words.groups.connections}>
      {connections.map((each) => (
        <Entry
          key={each.id}
          value={`connection ${connectionName(each)} ${each.identity.label ?? ''} ${each.id}`}
          icon={<ProviderIcon size="sm" icon={iconOf(each.providerId)} name={each.providerName} />}
          label={connectionName(each)}
          detail={stateLabel(connectionState(each, now), now)}
          onSelect={choose(() => navigate({ name: 'connection', id: each.id }))}
        />
      ))}
    </Group>
  )
}

/** Connections that need a reconnect can be reconnected from here. */
function ReconnectEntries({ choose }: { choose: Choose }) {
  const { connections } = useSnapshot()
  const signIn = useStartSignIn()
  const broken = connections.filter(({ lastOutcome }) => lastOutcome.status === 'reconnect_needed')
  if (broken.length === 0) return null
  return (
    <Group heading={text.connections.reconnect}>
      {broken.map((each) => (
        <Entry
          key={each.id}
          value={`reconnect ${connectionName(each)} ${each.id}`}
          icon={<Plug />}
          label={words.reconnect(connectionName(each))}
          onSelect={choose(() => void signIn.start({ providerId: each.providerId, connectionId: each.id }))}
        />
      ))}
    </Group>
  )
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="**:[[cmdk-group-heading]]:text-faint **:[[cmdk-group-heading]]:px-2.5 **:[[cmdk-group-heading]]:pt-2 **:[[cmdk-group-heading]]:pb-1 **:[[cmdk-group-heading]]:text-2xs **:[[cmdk-group-heading]]:font-semibold"
    >
      {children}
    </Command.Group>
  )
}

type EntryProps = { value: string; icon: ReactNode; label: string; detail?: string; onSelect: () => void }

function Entry({ value, icon, label, detail, onSelect }: EntryProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="text-ink data-[selected=true]:bg-active flex h-9 items-center gap-2.5 rounded-md px-2.5 text-sm max-sm:h-11"
    >
      <span aria-hidden="true" className="text-muted grid size-6 shrink-0 place-items-center [&>svg]:size-4">
        {icon}
      </span>
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {detail !== undefined && <span className="text-muted shrink-0 text-xs">{detail}</span>}
    </Command.Item>
  )
}

export type PaletteCommand = { label: string; icon: ReactNode; run: () => void }

/** Commands of the palette besides navigation. */
function useCommands(): { heading: string; commands: PaletteCommand[] }[] {
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
        { label: text.practice.title, icon: <Drama />, run: () => navigate({ name: 'rehearsal' }) },
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
