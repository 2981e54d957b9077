import { grant, type AppView } from '../../../shared/contract/app.ts'
import { INTEGRITY_SIGNED } from './integrity-views.ts'
import type { Approval } from '../../../shared/contract/approval.ts'
import type { PracticeState } from '../../../shared/contract/practice-provider.ts'
import { settings } from '../../../shared/contract/settings.ts'
import type { KeyWrapperView, Snapshot } from '../../../shared/contract/ui-api.ts'
import { connectionOf } from './seed-connections.ts'
import { providerOf } from './seed-providers.ts'

const MINUTE = 60_000

export const protectors: KeyWrapperView[] = [
  { kind: 'os-keychain', label: 'GNOME Keyring', usable: true, reason: null },
  { kind: 'passphrase', label: 'A passphrase', usable: true, reason: null },
]
export const withoutKeychain: KeyWrapperView[] = [
  {
    kind: 'os-keychain',
    label: 'System keychain',
    usable: false,
    reason: 'No secret service answers on this machine.',
  },
  { kind: 'passphrase', label: 'A passphrase', usable: true, reason: null },
]

const stoppedPractice: PracticeState = {
  kind: 'stopped',
  issuer: null,
  providerId: null,
  situation: null,
  accounts: [],
  counts: { tokenRequests: 0, refreshes: 0, reuseDetections: 0, revocations: 0, apiCalls: 0, grants: 0 },
  visits: [],
}

export function runningPractice(now: number): PracticeState {
  const visit = { grantType: null, status: 200, error: null, fault: null, refresh: null, method: 'POST' }
  return {
    kind: 'running',
    issuer: 'http://127.0.0.1:41234',
    providerId: 'prv_acme-cloud',
    situation: { situation: 'rotation', seconds: 60 },
    accounts: [
      { email: 'ada@example.test', name: 'Ada Lovelace' },
      { email: 'grace@example.test', name: 'Grace Hopper' },
    ],
    counts: { tokenRequests: 14, refreshes: 12, reuseDetections: 0, revocations: 1, apiCalls: 31, grants: 2 },
    visits: [
      {
        ...visit,
        sequence: 45,
        at: now - 4000,
        endpoint: '/token',
        grantType: 'refresh_token',
        refresh: 'rotated',
      },
      { ...visit, sequence: 44, at: now - 9000, endpoint: '/api/me', method: 'GET' },
      {
        ...visit,
        sequence: 43,
        at: now - 21_000,
        endpoint: '/token',
        grantType: 'refresh_token',
        status: 503,
        fault: 'outage',
      },
    ],
  }
}

/** A Keyway that somebody has used for a while. */
export function livedIn(now: number): Snapshot {
  const github = providerOf({ slug: 'github', connections: 2, scopes: ['read:user', 'repo'] }, now)
  const google = providerOf({ slug: 'google', connections: 2 }, now)
  const notion = providerOf({ slug: 'notion', connections: 1 }, now)
  const slack = providerOf({ slug: 'slack', connections: 1, scopes: ['chat:write', 'channels:read'] }, now)
  const dropbox = providerOf({ slug: 'dropbox', connections: 1 }, now)
  const linear = providerOf({ slug: 'linear', connections: 1 }, now)
  const acme = providerOf(
    {
      slug: 'acme-cloud',
      name: 'Acme Cloud',
      preset: null,
      connections: 1,
      scopes: ['orders.read', 'orders.write'],
      spec: {
        endpoints: {
          authorization: 'https://auth.acme.example/authorize',
          token: 'https://auth.acme.example/token',
        },
        api: { baseUrl: 'https://api.acme.example/v2' },
        scopes: { meanings: { 'orders.read': 'See orders', 'orders.write': 'Create and change orders' } },
      },
    },
    now,
  )
  return {
    host: 'headless',
    platform: 'linux',
    vault: { kind: 'unlocked', protectors, wraps: ['os-keychain'] },
    server: {
      url: 'http://127.0.0.1:7317',
      listening: true,
      failure: null,
      socketPath: '/run/user/1000/keyway.sock',
      version: '0.1.0',
    },
    settings: settings.parse({}),
    providers: [github, google, notion, slack, dropbox, linear, acme],
    connections: [
      connectionOf(
        {
          id: 'con_github_work',
          provider: github,
          account: 'work',
          identity: 'ada-acme',
          isDefault: true,
          lifetimeMinutes: 480,
          minutesLeft: 402,
          usedMinutesAgo: 2,
        },
        now,
      ),
      connectionOf(
        {
          id: 'con_github_home',
          provider: github,
          account: 'private',
          identity: 'ada',
          minutesLeft: null,
          refreshToken: false,
          usedMinutesAgo: 60 * 26,
        },
        now,
      ),
      connectionOf(
        {
          id: 'con_google',
          provider: google,
          account: 'private',
          identity: 'ada.lovelace@example.com',
          isDefault: true,
          minutesLeft: 12,
        },
        now,
      ),
      connectionOf(
        {
          id: 'con_google_old',
          provider: google,
          account: 'reports',
          identity: 'reports@acme.example',
          minutesLeft: 31,
          refreshToken: false,
          stopsInMinutes: 31,
          usedMinutesAgo: null,
          missing: ['https://www.googleapis.com/auth/calendar'],
        },
        now,
      ),
      connectionOf(
        {
          id: 'con_notion',
          provider: notion,
          account: 'team',
          identity: 'Acme workspace',
          minutesLeft: null,
          usedMinutesAgo: 14,
        },
        now,
      ),
      connectionOf(
        {
          id: 'con_slack',
          provider: slack,
          account: 'acme',
          identity: 'acme.slack.com',
          status: 'reconnect_needed',
          minutesLeft: -90,
          code: 'token_expired',
          message: 'Slack ended the grant: the app was removed from the workspace (invalid_grant).',
          nextStep: 'Sign in again to go on; grants and history stay.',
        },
        now,
      ),
      connectionOf(
        {
          id: 'con_dropbox',
          provider: dropbox,
          account: 'photos',
          identity: 'ada@example.com',
          status: 'retrying',
          lifetimeMinutes: 240,
          minutesLeft: 18,
          code: 'retrying',
          message: 'Dropbox answered 503; the present token still works.',
          nextStep: 'Nothing to do: Keyway tries again by itself.',
        },
        now,
      ),
      connectionOf(
        {
          id: 'con_linear',
          provider: linear,
          account: 'acme',
          identity: 'ada@acme.example',
          lifetimeMinutes: 60 * 24,
          minutesLeft: 60 * 17,
          usedMinutesAgo: 190,
        },
        now,
      ),
      connectionOf(
        {
          id: 'con_acme',
          provider: acme,
          account: 'shop',
          identity: 'shop-7',
          status: 'config_error',
          minutesLeft: -5,
          code: 'config_error',
          message: 'Acme Cloud refuses the client secret (invalid_client).',
          nextStep: 'Type the present client secret on the provider page.',
        },
        now,
      ),
    ],
    flows: [],
    apps: appsOf(now),
    approvals: [],
    lockedAsks: [],
    damages: [],
    integrity: INTEGRITY_SIGNED,
    rehearsal: stoppedPractice,
    dataFolder: '/home/ada/.local/share/keyway',
  }
}

function appsOf(now: number): AppView[] {
  const base = {
    manage: false,
    approve: false,
    origins: [],
    authProviders: [],
    paused: false,
    createdAt: now - 20 * 1440 * MINUTE,
    updatedAt: now,
    missing: [],
    remembered: [],
  }
  return [
    {
      ...base,
      id: 'app_backup',
      name: 'Backup script',
      grants: [grant.parse({ target: { kind: 'all' }, token: true, proxy: true })],
      keys: [{ id: 'key_1', createdAt: now - 20 * 1440 * MINUTE, expiresAt: null }],
      lastUsedAt: now - 2 * MINUTE,
    },
    {
      ...base,
      id: 'app_notes',
      name: 'Notes agent',
      grants: [
        grant.parse({
          target: { kind: 'provider', providerId: 'prv_notion' },
          methods: ['GET', 'POST'],
          hosts: ['api.notion.com'],
        }),
        grant.parse({
          target: { kind: 'connection', connectionId: 'con_github_work' },
          methods: ['GET'],
          paths: ['/repos/**'],
          approval: 'ask',
        }),
      ],
      keys: [
        { id: 'key_2', createdAt: now - 3 * 1440 * MINUTE, expiresAt: null },
        { id: 'key_0', createdAt: now - 90 * 1440 * MINUTE, expiresAt: now + 47 * MINUTE },
      ],
      missing: [{ provider: 'linear', scopes: ['issues:create'] }],
      lastUsedAt: now - 14 * MINUTE,
    },
    {
      ...base,
      id: 'app_old',
      name: 'Old dashboard',
      grants: [],
      keys: [{ id: 'key_3', createdAt: now - 200 * 1440 * MINUTE, expiresAt: null }],
      paused: true,
      lastUsedAt: null,
    },
  ]
}

/** Nothing set up yet but the vault. */
export function fresh(now: number): Snapshot {
  return { ...livedIn(now), providers: [], connections: [], apps: [] }
}

export function approvalOfUse(now: number): Approval {
  return {
    id: 'apr_1',
    kind: 'use',
    appId: 'app_notes',
    appName: 'Notes agent',
    askedAt: now,
    expiresAt: now + 52_000,
    waiting: 3,
    connectionId: 'con_github_work',
    account: 'work',
    providerName: 'GitHub',
    what: 'proxy',
    method: 'POST',
    url: 'https://api.github.com/repos/acme/site/issues?labels=bug&state=open',
    bodyBytes: 1834,
    bodySha256: 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184',
  }
}

export function approvalOfPairing(now: number): Approval {
  return {
    id: 'apr_pair',
    kind: 'pair',
    appId: null,
    appName: 'my-script',
    askedAt: now,
    expiresAt: now + 52_000,
    waiting: 1,
    code: 'XRX-MD6',
    wants: {
      name: 'my-script',
      manage: true,
      authProviders: [{ type: 'oauth2', provider: 'github', scopes: ['repo', 'read:org'] }],
      grants: [
        { provider: 'github', token: true, proxy: true, methods: ['GET'], paths: ['/repos/**'] },
        { provider: 'nosuch', token: true, proxy: true, methods: [], paths: [] },
      ],
    },
    providers: [
      { provider: 'github', registered: { id: 'prv_github', name: 'GitHub' } },
      { provider: 'nosuch', registered: null },
    ],
  }
}
