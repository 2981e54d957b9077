import { LockKeyhole, Search } from 'lucide-react'
import { IconButton } from '../../components/icon-button.tsx'
import { Logo } from '../../components/logo.tsx'
import { classes } from '../../lib/class-names.ts'
import type { Route } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navItems } from './nav-items.tsx'
import { Attention } from './sidebar.tsx'

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

/** The same five places as the sidebar, within reach of a thumb. */
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
