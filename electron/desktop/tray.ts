import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron'
import type { ConnectionView } from '../../shared/contract/connection.ts'
import { asKeywayError } from '../../shared/contract/errors.ts'
import { connectInput } from '../../shared/contract/flow.ts'
import { isolated } from '../../shared/contract/name.ts'
import type { VaultView } from '../../shared/contract/ui-api.ts'
import { connectionState, type ConnectionState } from '../../shared/domain/connection-state.ts'
import type { Keyway } from '../core/keyway.ts'

type Deps = { keyway: Keyway; iconPath: string; perform: (action: TrayAction) => void }

/**
 * The tray icon, following the core. Where the desktop has no tray, `null`: everything in it is in the window
 * too.
 */
export function createTray({ keyway, iconPath, perform }: Deps): { close(): void } | null {
  const icon = nativeImage.createFromPath(iconPath)
  icon.setTemplateImage(true)
  const tray = startTray(icon, keyway)
  if (tray === null) return null
  const draw = () => {
    const { vault, connections, server } = keyway.snapshot()
    const state = { vault, connections, listening: server.listening, url: server.url }
    tray.setToolTip(trayTooltip(state))
    tray.setContextMenu(Menu.buildFromTemplate(trayMenu(state).map((item) => template(item, perform))))
  }
  draw()
  tray.on('click', () => perform({ kind: 'open', to: '/connections' }))
  const stops = [keyway.on('vault', draw), keyway.on('connections', draw), keyway.on('server', draw)]
  return {
    close() {
      for (const stop of stops) stop()
      if (!tray.isDestroyed()) tray.destroy()
    },
  }
}

function startTray(icon: Electron.NativeImage, keyway: Keyway): Tray | null {
  try {
    return new Tray(icon)
  } catch (error) {
    keyway.logger.warn('This desktop shows no tray; everything in it is in the window too.', {
      cause: String(error),
    })
    return null
  }
}

function template(item: TrayItem, perform: (action: TrayAction) => void): MenuItemConstructorOptions {
  if ('separator' in item) return { type: 'separator' }
  const { label, action, children } = item
  if (children !== undefined) return { label, submenu: children.map((child) => template(child, perform)) }
  return action === null ? { label, enabled: false } : { label, click: () => perform(action) }
}

// What the tray shows, as data: one glance at what is healthy, and Reconnect. Everything in it is in the
// window too.

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
/** Longer menus cannot be taken in; the rest is in the window. */
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
  // Not "working": a grant may have been revoked at the provider, and nobody would know.
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

type TrayActionDeps = { keyway: Keyway; show: (to?: string) => void; quit: () => void }

export function performTrayAction(action: TrayAction, { keyway, show, quit }: TrayActionDeps): void {
  const failed = (error: unknown) =>
    keyway.logger.warn('The tray could not do that.', { error: asKeywayError(error) })
  switch (action.kind) {
    case 'open':
      show(action.to)
      break
    case 'reconnect':
      reconnect(action.connectionId, { keyway, show }).catch(failed)
      break
    case 'unlock':
      // A keychain opens without a word; a passphrase is typed in the window.
      keyway.ui['vault.unlock']({}).catch(() => show('/'))
      break
    case 'lock':
      keyway.ui['vault.lock'](undefined).catch(failed)
      break
    case 'quit':
      quit()
      break
  }
}

async function reconnect(
  connectionId: string,
  { keyway, show }: Omit<TrayActionDeps, 'quit'>,
): Promise<void> {
  const record = keyway.connections.record(connectionId)
  show(`/connections/${connectionId}`)
  if (record !== null)
    await keyway.connections.connect(connectInput.parse({ providerId: record.providerId, connectionId }))
}
