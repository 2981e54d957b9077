// The content of the tray menu, as data: the state of each connection, and Reconnect. The window shows all of
// it too.
import type { ConnectionView } from '../../shared/contract/connection.ts'
import { isolated } from '../../shared/contract/name.ts'
import type { VaultView } from '../../shared/contract/ui-api.ts'
import { connectionState, type ConnectionState } from '../../shared/domain/connection-state.ts'

export type TrayAction =
  | { kind: 'open'; to: string }
  | { kind: 'reconnect'; connectionId: string }
  | { kind: 'unlock' }
  | { kind: 'lock' }
  | { kind: 'quit' }

export type TrayItem =
  { label: string; action: TrayAction | null; children?: TrayItem[] } | { separator: true }

const words: Record<ConnectionState['kind'], string> = {
  reconnect_needed: 'reconnect needed',
  config_error: 'needs a change',
  ended: 'ended',
  retrying: 'trying again',
  ends: 'ends soon',
  not_verified: 'not verified',
  verified: 'verified',
}

const order = Object.keys(words)

const needsAttention: ReadonlySet<ConnectionState['kind']> = new Set([
  'reconnect_needed',
  'config_error',
  'ended',
  'retrying',
])

const kindOf = (connection: ConnectionView): ConnectionState['kind'] =>
  connectionState(connection, Date.now()).kind

/** Longer menus are hard to read; the window lists the rest. */
const MOST_SHOWN = 15

export function trayMenu(state: {
  vault: VaultView
  connections: readonly ConnectionView[]
  listening: boolean
  url: string
}): TrayItem[] {
  return [
    { label: headline(state), action: null },
    { separator: true },
    ...(state.vault.kind === 'unlocked' ? connectionItems(state.connections) : [unlockItem(state.vault)]),
    { separator: true },
    { label: 'Open Keyway', action: { kind: 'open', to: '/connections' } },
    { label: 'Add a connection…', action: { kind: 'open', to: '/add' } },
    ...(state.vault.kind === 'unlocked' ? [{ label: 'Lock', action: { kind: 'lock' } as const }] : []),
    { separator: true },
    { label: 'Quit Keyway', action: { kind: 'quit' } },
  ]
}

export function trayTooltip(state: {
  vault: VaultView
  connections: readonly ConnectionView[]
  listening: boolean
  url: string
}): string {
  return `Keyway: ${headline(state)}`
}

function headline(state: {
  vault: VaultView
  connections: readonly ConnectionView[]
  listening: boolean
  url: string
}): string {
  if (!state.listening) return 'Local server is not running'
  if (state.vault.kind !== 'unlocked') return state.vault.kind === 'locked' ? 'Locked' : 'Not set up yet'
  const attention = state.connections.filter((each) => needsAttention.has(kindOf(each))).length
  if (attention > 0) return `${attention} of ${state.connections.length} need attention`
  if (state.connections.length === 0) return 'No connections yet'
  // Not "working": an authorization may have been revoked at the provider without any notice.
  return state.connections.length === 1
    ? '1 connection, nothing to do'
    : `${state.connections.length} connections, nothing to do`
}

function unlockItem(vault: VaultView): TrayItem {
  return vault.kind === 'locked'
    ? { label: 'Unlock…', action: { kind: 'unlock' } }
    : { label: 'Set up Keyway…', action: { kind: 'open', to: '/' } }
}

function connectionItems(connections: readonly ConnectionView[]): TrayItem[] {
  if (connections.length === 0) return [{ label: 'No connections yet', action: null }]
  const sorted = [...connections].sort(byNeed)
  const shown = sorted.slice(0, MOST_SHOWN).map(connectionItem)
  const rest = sorted.length - shown.length
  return rest > 0
    ? [...shown, { label: `${rest} more…`, action: { kind: 'open', to: '/connections' } }]
    : shown
}

function byNeed(a: ConnectionView, b: ConnectionView): number {
  const need = order.indexOf(kindOf(a)) - order.indexOf(kindOf(b))
  return need === 0
    ? a.providerName.localeCompare(b.providerName) || a.account.localeCompare(b.account)
    : need
}

function connectionItem(connection: ConnectionView): TrayItem {
  const children: TrayItem[] = [
    { label: 'Show', action: { kind: 'open', to: `/connections/${connection.id}` } },
    { label: 'Reconnect', action: { kind: 'reconnect', connectionId: connection.id } },
  ]
  return {
    label: `${isolated(connection.providerName)} · ${isolated(connection.account)}: ${words[kindOf(connection)]}`,
    action: null,
    children,
  }
}
