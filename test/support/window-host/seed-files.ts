// What files look like to the window: bundles, diagnostics, and what other tools have written down.
import type {
  BundleExport,
  BundleImported,
  BundleReport,
  BundleWarning,
  ForeignProviders,
} from '../../../shared/contract/transfer.ts'
import type { Diagnostics } from '../../../shared/contract/settings.ts'

const rotating: BundleWarning = {
  code: 'rotating_grant',
  certainty: 'known',
  connectionId: 'con_linear',
  providerName: 'Linear',
  account: 'acme',
  message: 'Linear · acme: each refresh uses up the refresh token, so use this grant on one machine only.',
}

export const exported: BundleExport = {
  fileName: 'keyway-2026-11-21.json',
  content: '{"keyway":"bundle","sealed":"made up"}',
  counts: { providers: 7, connections: 9, apps: 3 },
  warnings: [rotating],
}

export function bundleReport(now: number): BundleReport {
  const item = { clash: null, choices: ['add', 'skip'] as BundleReport['apps'][number]['choices'] }
  return {
    createdAt: now - 3 * 86_400_000,
    keywayVersion: '0.1.0',
    providers: [
      {
        ...item,
        id: 'prv_a',
        name: 'GitHub',
        slug: 'github',
        preset: 'github',
        hasClientSecret: true,
        differs: ['clientId'],
        clash: {
          kind: 'slug_taken',
          withId: 'prv_github',
          message: 'There is a provider “github” here already.',
        },
        choices: ['keep_both', 'skip'],
      },
      {
        ...item,
        id: 'prv_b',
        name: 'Figma',
        slug: 'figma',
        preset: 'figma',
        hasClientSecret: true,
        differs: [],
      },
    ],
    connections: [
      {
        ...item,
        id: 'con_a',
        name: 'Figma · studio',
        providerId: 'prv_b',
        providerName: 'Figma',
        identityLabel: 'ada@example.com',
        how: 'authorization_code',
        grantedScopes: ['file_read'],
        status: 'ok',
        lastAuthorizedAt: now - 9 * 86_400_000,
      },
    ],
    apps: [
      {
        ...item,
        id: 'app_a',
        name: 'Nightly backup',
        grants: [
          {
            target: { kind: 'all' },
            token: true,
            proxy: true,
            hosts: [],
            methods: [],
            paths: [],
            expiresAt: null,
            approval: 'allow',
          },
        ],
        manage: true,
        approve: true,
        origins: [],
        paused: false,
        keyCount: 1,
        loses: ['manage', 'approve', 'all'],
      },
      {
        ...item,
        id: 'app_b',
        name: 'Calendar widget',
        grants: [],
        manage: false,
        approve: false,
        origins: [],
        paused: true,
        keyCount: 0,
        loses: [],
      },
    ],
    settings: [
      { name: 'theme', here: 'system', there: 'dark', isTaken: true },
      { name: 'proxyUrl', here: 'none', there: 'http://proxy.example:8080', isTaken: false },
    ],
    warnings: [rotating],
  }
}

export const imported: BundleImported = {
  added: { providers: 2, connections: 1, apps: 0, settings: 0 },
  skipped: { providers: 0, connections: 0, apps: 0 },
  renamed: [{ kind: 'provider', from: 'github', to: 'github-2' }],
  notes: [],
  warnings: [rotating],
}

export const diagnostics: Diagnostics = {
  fileName: 'keyway-diagnostics.json',
  text: JSON.stringify(
    { keyway: '0.1.0', platform: 'linux', connections: [{ status: 'ok', generation: 17 }] },
    null,
    2,
  ),
  summary: ['It holds versions, settings and states.', 'It holds no token, no secret, no account name.'],
}

export const foreign: ForeignProviders = {
  format: 'postman',
  notes: ['Environment variables were not in the file.'],
  providers: [
    {
      draft: {
        slug: 'orders',
        name: 'Orders API',
        clientId: 'made-up',
        spec: {
          endpoints: {
            authorization: 'https://auth.acme.example/authorize',
            token: 'https://auth.acme.example/token',
          },
        },
      },
      notes: [],
      missing: [],
    },
    {
      draft: { slug: 'reports', name: 'Reports' },
      notes: ['The client id stands in an environment variable.'],
      missing: ['clientId', 'endpoints.token'],
    },
  ],
}
