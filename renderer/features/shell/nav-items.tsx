import { Blocks, ChartNoAxesColumn, Plug, Settings2, SquareTerminal } from 'lucide-react'
import type { ReactNode } from 'react'
import { hrefOf, type Route } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'

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
