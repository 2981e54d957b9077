// Bundles, provider files, diagnostics and the rehearsal of the Keyway without a core: plausible answers to look at.
import type { BundleItem, BundleReport } from '../../../shared/contract/bundle.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { RehearsalState } from '../../../shared/contract/rehearsal.ts'
import type { Snapshot, UiApi } from '../../../shared/contract/ui-api.ts'
import { readForeign } from '../../../shared/domain/import-foreign.ts'

export const stoppedRehearsal: RehearsalState = {
  kind: 'stopped',
  issuer: null,
  providerId: null,
  situation: null,
  accounts: [],
  counts: { tokenRequests: 0, refreshes: 0, reuseDetections: 0, revocations: 0, apiCalls: 0, grants: 0 },
  visits: [],
}

type Host = {
  snapshot: () => Snapshot
  setRehearsal: (state: RehearsalState) => void
  now: () => number
}

type FurtherCalls = Pick<
  UiApi,
  | `bundle.${'export' | 'inspect' | 'import'}`
  | `rehearsal.${'state' | 'start' | 'stop' | 'behave'}`
  | 'diagnostics.collect'
  | 'connections.report'
  | 'providers.import'
  | 'providers.readForeign'
>

export function fakeFurtherCalls(host: Host): FurtherCalls {
  const become = (state: RehearsalState): Promise<RehearsalState> => {
    host.setRehearsal(state)
    return Promise.resolve(state)
  }
  return {
    ...bundleCalls(host),
    'providers.import': () => {
      const [provider] = host.snapshot().providers
      if (provider === undefined) throw new KeywayError('invalid_request', { details: { field: 'json' } })
      return Promise.resolve({ provider, notes: ['The client secret is not in the file: enter it.'] })
    },
    'providers.readForeign': ({ text, format }) => {
      const read = readForeign(text, format)
      if (read.kind === 'read') return Promise.resolve(read)
      throw new KeywayError('invalid_request', {
        message: read.problem,
        details: { field: 'text', line: read.line },
      })
    },
    'connections.report': ({ id }) =>
      Promise.resolve({
        fileName: 'keyway-report.txt',
        text: `Keyway 0.1.0, support report\n\nConnection: ${id}\n`,
      }),
    'diagnostics.collect': () =>
      Promise.resolve({
        fileName: 'keyway-diagnostics.json',
        text: JSON.stringify({ keyway: { version: '0.1.0', host: 'headless' }, log: [] }, null, 2),
        summary: [
          'Versions, settings, providers and connections.',
          'No tokens, client secrets, keys or passphrases.',
        ],
      }),
    'rehearsal.state': () => Promise.resolve(host.snapshot().rehearsal),
    'rehearsal.start': () =>
      become({
        ...stoppedRehearsal,
        kind: 'running',
        issuer: 'http://127.0.0.1:40123',
        providerId: host.snapshot().providers[0]?.id ?? null,
        situation: { situation: 'normal' },
        accounts: [{ email: 'ada@example.test', name: 'Ada Lovelace' }],
      }),
    'rehearsal.stop': () => become({ ...host.snapshot().rehearsal, kind: 'stopped', situation: null }),
    'rehearsal.behave': (situation) => become({ ...host.snapshot().rehearsal, situation }),
  }
}

function bundleCalls({
  snapshot,
  now,
}: Host): Pick<UiApi, 'bundle.export' | 'bundle.inspect' | 'bundle.import'> {
  const needPassphrase = (passphrase: string): void => {
    if (passphrase === 'wrong')
      throw new KeywayError('wrong_passphrase', { details: { field: 'passphrase', step: 'passphrase' } })
  }
  return {
    'bundle.export': ({ passphrase }) => {
      if (passphrase.length < 8)
        throw new KeywayError('invalid_request', {
          message: 'A passphrase takes at least 8 characters.',
          details: { field: 'passphrase', minLength: 8 },
        })
      const { providers, connections, apps } = snapshot()
      return Promise.resolve({
        fileName: 'keyway-2026-11-21.bundle.json',
        content: '{"keyway":"bundle","version":1}',
        counts: { providers: providers.length, connections: connections.length, apps: apps.length },
        warnings: [],
      })
    },
    'bundle.inspect': ({ content, passphrase }) => {
      needPassphrase(passphrase)
      if (!content.includes('"bundle"'))
        throw new KeywayError('bundle_damaged', { details: { step: 'envelope' } })
      return Promise.resolve(reportOf(snapshot(), now()))
    },
    'bundle.import': ({ passphrase }) => {
      needPassphrase(passphrase)
      return Promise.resolve({
        added: { providers: 1, connections: 1, apps: 0, settings: 0 },
        skipped: { providers: 0, connections: 0, apps: 0 },
        renamed: [],
        notes: [],
        warnings: [],
      })
    },
  }
}

/** Of each kind one thing that is here already, so that there is something to choose. */
function reportOf({ providers, connections, apps }: Snapshot, now: number): BundleReport {
  const [provider] = providers
  const [connection] = connections
  const [app] = apps
  const here = (name: string): Pick<BundleItem, 'clash' | 'choices'> => ({
    clash: { kind: 'here_already', withId: null, message: `"${name}" is here already.` },
    choices: ['skip', 'keep_both'],
  })
  return {
    createdAt: now - 3_600_000,
    keywayVersion: '0.1.0',
    providers:
      provider === undefined
        ? []
        : [
            {
              id: provider.id,
              name: provider.name,
              slug: provider.slug,
              preset: provider.preset,
              hasClientSecret: true,
              differs: [],
              ...here(provider.name),
            },
          ],
    connections:
      connection === undefined
        ? []
        : [
            {
              id: connection.id,
              name: connection.account,
              providerId: connection.providerId,
              providerName: connection.providerName,
              identityLabel: connection.identity.label,
              how: connection.how,
              grantedScopes: connection.grantedScopes,
              status: connection.lastOutcome.status,
              lastAuthorizedAt: connection.lastAuthorizedAt,
              ...here(connection.account),
            },
          ],
    apps:
      app === undefined
        ? []
        : [
            {
              id: app.id,
              name: app.name,
              grants: app.grants,
              manage: app.manage,
              paused: app.paused,
              keyCount: app.keys.length,
              clash: null,
              choices: ['add', 'skip'],
            },
          ],
    settings: [{ name: 'port', here: '7317', there: '7400' }],
    warnings: [],
  }
}
