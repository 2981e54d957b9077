import { describe, expect, test } from 'vitest'
import { trayMenu, trayTooltip } from '../../../electron/desktop/tray-menu.ts'
import type { ConnectionStatus, ConnectionView } from '../../../shared/contract/connection.ts'
import type { VaultView } from '../../../shared/contract/ui-api.ts'

const connection = (
  id: string,
  providerName: string,
  account: string,
  status: ConnectionStatus,
): ConnectionView => ({
  id,
  providerId: `prv_${id}`,
  providerSlug: providerName.toLowerCase(),
  providerName,
  account,
  isDefault: false,
  identity: { id: null, label: null },
  how: 'authorization_code',
  requestedScopes: [],
  grantedScopes: [],
  missingScopes: [],
  hasRefreshToken: true,
  generation: 1,
  issuedAt: 0,
  expiresAt: null,
  lifetimeSeconds: null,
  refreshTokenExpiresAt: null,
  browser: null,
  nextRefreshAt: null,
  stopsWorkingAt: null,
  apiBaseUrl: null,
  values: {},
  lastOutcome: { status, code: null, message: null, nextStep: null, at: 0, retryAt: null },
  createdAt: 0,
  updatedAt: 0,
  lastAuthorizedAt: 0,
  lastUsedAt: null,
  verifiedAt: 0,
  scopesConfirmed: true,
  probe: null,
  life: [],
})

const unlocked = {
  vault: { kind: 'unlocked', protectors: [] } satisfies VaultView as VaultView,
  listening: true,
  url: 'http://127.0.0.1:7317',
}
const labels = (state: Parameters<typeof trayMenu>[0]) =>
  trayMenu(state).flatMap((item) => ('label' in item ? [item.label] : []))

describe('the tray menu', () => {
  test('puts what needs attention first and offers Reconnect for it', () => {
    const connections = [
      connection('a', 'Alpha', 'work', 'ok'),
      connection('b', 'Beta', 'home', 'reconnect_needed'),
    ]
    const menu = trayMenu({ ...unlocked, connections })
    expect(labels({ ...unlocked, connections }).slice(0, 3)).toEqual([
      '1 of 2 need attention',
      'Beta · home: reconnect needed',
      'Alpha · work: verified',
    ])
    const beta = menu.find((item) => 'label' in item && item.label.startsWith('Beta'))
    expect(beta).toMatchObject({
      children: [{ label: 'Show' }, { label: 'Reconnect', action: { kind: 'reconnect', connectionId: 'b' } }],
    })
  })

  test('never claims that something works while the vault is locked or the server is down', () => {
    const connections = [connection('a', 'Alpha', 'work', 'ok')]
    const locked: VaultView = { kind: 'locked', protectors: [], reason: 'closed', needsPassphrase: true }
    expect(labels({ ...unlocked, vault: locked, connections })).toEqual(
      expect.arrayContaining(['Locked', 'Unlock…']),
    )
    expect(labels({ ...unlocked, vault: locked, connections }).join()).not.toContain('verified')
    expect(trayTooltip({ ...unlocked, listening: false, connections })).toBe(
      'Keyway: Local server is not running',
    )
  })

  test('shows at most fifteen connections and says how many more there are', () => {
    const connections = Array.from({ length: 40 }, (_, index) =>
      connection(`c${index}`, 'Many', `account ${index}`, 'ok'),
    )
    expect(labels({ ...unlocked, connections })).toContain('25 more…')
  })
})
