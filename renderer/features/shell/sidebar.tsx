import { Blocks, ChartNoAxesColumn, LockKeyhole, Plug, Search, Settings2, SquareTerminal } from 'lucide-react'
import type { ReactNode } from 'react'
import { Logo } from '../../components/brand/logo.tsx'
import { CopyIconButton } from '../../components/display/copy.tsx'
import { Kbd } from '../../components/display/facts.tsx'
import { Tooltip } from '../../components/feedback/tooltip.tsx'
import { IconButton } from '../../components/input/button.tsx'
import { modifierLabel } from '../../lib/browser.ts'
import { classes } from '../../lib/format.ts'
import { hrefOf, type Route } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot, useWindow } from '../../stores/window-context.tsx'

type SidebarProps = { route: Route; attention: number; onSearch: () => void }

/** Labels at the left where there is room, icons alone where there is less. */
export function Sidebar({ route, attention, onSearch }: SidebarProps) {
  const { platform } = useSnapshot()
  return (
    <header className="bg-sidebar border-line flex w-56 shrink-0 flex-col border-r max-lg:w-15 max-sm:hidden">
      <div className="flex h-14 items-center gap-2.5 px-4 max-lg:justify-center max-lg:px-0">
        <Logo className="size-6.5" />
        <span className="text-ink text-base font-semibold tracking-tight max-lg:sr-only">
          {text.shell.name}
        </span>
      </div>
      <div className="px-3 pb-3 max-lg:px-2">
        <Tooltip label={text.shell.search}>
          <button
            type="button"
            aria-keyshortcuts="Control+K Meta+K"
            onClick={onSearch}
            className="border-line bg-surface text-faint hover:text-muted shadow-control flex h-8 w-full items-center gap-2 rounded-md border px-2.5 text-sm transition-colors max-lg:size-9 max-lg:justify-center max-lg:px-0 lg:w-full"
          >
            <Search aria-hidden="true" className="size-3.5 shrink-0" />
            <span className="flex-1 truncate text-left max-lg:sr-only">{text.shell.search}</span>
            <span className="max-lg:hidden">
              <Kbd keys={[modifierLabel(platform), 'K']} />
            </span>
          </button>
        </Tooltip>
      </div>
      <nav aria-label={text.shell.navigation} className="flex flex-col gap-px px-3 max-lg:px-2">
        {navItems.map((item) => (
          <SidebarLink
            key={item.key}
            item={item}
            current={item.owns.includes(route.name)}
            attention={item.key === 'connections' ? attention : 0}
          />
        ))}
      </nav>
      <ServerFoot />
    </header>
  )
}

function SidebarLink({ item, current, attention }: { item: NavItem; current: boolean; attention: number }) {
  return (
    <Tooltip label={item.label}>
      <a
        href={item.href}
        aria-current={current ? 'page' : undefined}
        className={classes(
          'relative flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm font-medium transition-colors duration-100 max-lg:size-11 max-lg:justify-center max-lg:px-0',
          current ? 'bg-active text-ink' : 'text-muted hover:bg-hover hover:text-ink',
          '[&>svg]:size-4 [&>svg]:shrink-0 max-lg:[&>svg]:size-4.5',
        )}
      >
        {item.icon}
        <span className="flex-1 max-lg:sr-only">{item.label}</span>
        {attention > 0 && <Attention count={attention} />}
      </a>
    </Tooltip>
  )
}

function Attention({ count }: { count: number }) {
  return (
    <span className="bg-bad-soft text-bad text-2xs grid h-4.5 min-w-4.5 place-items-center rounded-full px-1 font-semibold tabular-nums max-lg:absolute max-lg:top-0.5 max-lg:right-0.5">
      <span aria-hidden="true">{count}</span>
      <span className="sr-only">{text.shell.needAttention(count)}</span>
    </span>
  )
}

function ServerFoot() {
  const { server } = useSnapshot()
  const gone = useWindow(({ link }) => link === 'offline')
  const lock = useCall('vault.lock')
  const address = server.url.replace(/^https?:\/\//, '')
  const up = server.listening && !gone
  const words = gone ? text.link.offlineTitle : up ? text.shell.serverUp(address) : text.shell.serverDown
  return (
    <div className="border-line mt-auto flex items-center gap-1 border-t py-2 pr-2 pl-4 max-lg:flex-col max-lg:px-0">
      <span className="flex min-w-0 flex-1 items-center gap-2" role="status">
        <Tooltip label={words}>
          <span className={classes('size-2 shrink-0 rounded-full', up ? 'bg-ok' : 'bg-bad')} />
        </Tooltip>
        <span className="text-muted min-w-0 truncate font-mono text-2xs max-lg:sr-only">
          {up ? address : gone ? text.link.gone : text.shell.serverDown}
        </span>
      </span>
      <CopyIconButton value={server.url} label={text.shell.copyServerUrl} />
      <IconButton
        label={text.shell.lock}
        icon={<LockKeyhole aria-hidden="true" />}
        pending={lock.pending}
        onClick={() => void lock.run(undefined)}
      />
    </div>
  )
}

export type NavItem = {
  key: string
  label: string
  href: string
  icon: ReactNode
  owns: ReadonlyArray<Route['name']>
}

export const navItems: readonly NavItem[] = [
  {
    key: 'connections',
    label: text.shell.connections,
    href: hrefOf({ name: 'connections' }),
    icon: <Plug aria-hidden="true" />,
    owns: ['connections', 'connection', 'add', 'add-url', 'register', 'import', 'rehearsal', 'sign-in'],
  },
  {
    key: 'providers',
    label: text.shell.providers,
    href: hrefOf({ name: 'providers' }),
    icon: <Blocks aria-hidden="true" />,
    owns: ['providers', 'provider'],
  },
  {
    key: 'apps',
    label: text.shell.apps,
    href: hrefOf({ name: 'apps' }),
    icon: <SquareTerminal aria-hidden="true" />,
    owns: ['apps', 'app', 'new-app'],
  },
  {
    key: 'activity',
    label: text.shell.activity,
    href: hrefOf({ name: 'activity', filter: {} }),
    icon: <ChartNoAxesColumn aria-hidden="true" />,
    owns: ['activity'],
  },
  {
    key: 'settings',
    label: text.shell.settings,
    href: hrefOf({ name: 'settings', section: 'general' }),
    icon: <Settings2 aria-hidden="true" />,
    owns: ['settings'],
  },
]

export function TopBar({ onSearch }: { onSearch: () => void }) {
  const lock = useCall('vault.lock')
  return (
    <header className="bg-sidebar border-line flex h-12 shrink-0 items-center gap-2.5 border-b px-4 sm:hidden">
      <Logo className="size-6" />
      <span className="text-ink flex-1 text-base font-semibold tracking-tight">{text.shell.name}</span>
      <IconButton label={text.shell.search} icon={<Search aria-hidden="true" />} onClick={onSearch} />
      <IconButton
        label={text.shell.lock}
        icon={<LockKeyhole aria-hidden="true" />}
        pending={lock.pending}
        onClick={() => void lock.run(undefined)}
      />
    </header>
  )
}

/** The same five links as the sidebar, at the bottom of small screens. */
export function BottomBar({ route, attention }: { route: Route; attention: number }) {
  return (
    <nav
      aria-label={text.shell.navigation}
      className="bg-sidebar border-line flex shrink-0 border-t px-1 pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      {navItems.map((item) => {
        const current = item.owns.includes(route.name)
        return (
          <a
            key={item.key}
            href={item.href}
            aria-current={current ? 'page' : undefined}
            className={classes(
              'relative flex h-13 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 rounded-md text-2xs font-medium [&>svg]:size-5',
              current ? 'text-accent' : 'text-muted',
            )}
          >
            {item.icon}
            <span className="max-w-full truncate">{item.label}</span>
            {item.key === 'connections' && attention > 0 && <Attention count={attention} />}
          </a>
        )
      })}
    </nav>
  )
}
