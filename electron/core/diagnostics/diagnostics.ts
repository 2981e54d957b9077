// Collects diagnostics for support: shown before they are saved, and without secrets.
import type { Diagnostics } from '../../../shared/contract/settings.ts'
import type { Snapshot, UiApi } from '../../../shared/contract/ui-api.ts'
import type { Vault } from '../vault/vault.ts'
import {
  activityFacts,
  connectionFacts,
  type DiagnosticsDeps,
  folderFacts,
  machineFacts,
  providerFacts,
  readLogTail,
  words,
} from './facts.ts'
import { namesOf, redactedLine, redactForSupport, supportReport } from './support-report.ts'

const LOG_LINES = 500
/** Connections with problems come first, so that they are included. */
const MAX_CONNECTIONS = 200

export type DiagnosticsCalls = Pick<UiApi, 'diagnostics.collect' | 'connections.report'>

export function createDiagnostics(deps: DiagnosticsDeps): DiagnosticsCalls {
  return {
    'diagnostics.collect': () => collect(deps),
    'connections.report': ({ id }) => supportReport(deps, id),
  }
}

async function collect(deps: DiagnosticsDeps): Promise<Diagnostics> {
  const { clock, place } = deps
  const now = clock.now()
  const snapshot = deps.snapshot()
  const lines = place === null ? [] : readLogTail(place.logFile, LOG_LINES)
  const facts = {
    madeAt: new Date(now).toISOString(),
    keyway: { version: deps.version, host: snapshot.host },
    machine: machineFacts(place?.environment ?? {}, now),
    server: snapshot.server,
    vault: await vaultFacts(deps.vault),
    settings: settingsFacts(snapshot.settings),
    data: place === null ? null : await attempt(() => folderFacts(place.folder)),
    damages: snapshot.damages,
    providers: snapshot.providers.map(providerFacts),
    connections: inTroubleFirst(snapshot.connections).slice(0, MAX_CONNECTIONS).map(connectionFacts),
    connectionCount: snapshot.connections.length,
    apps: snapshot.apps.map(appFacts),
    signIns: snapshot.flows.map(({ id, kind, providerSlug }) => ({ id, kind, providerSlug })),
    questions: snapshot.approvals.length,
    rehearsal: { kind: snapshot.rehearsal.kind, situation: snapshot.rehearsal.situation },
    activity: await attempt(() => activityFacts(deps.activity)),
    log: lines.map((line) => asStructure(redactedLine(line))),
  }
  return {
    fileName: `keyway-diagnostics-${facts.madeAt.slice(0, 10)}.json`,
    text: redactForSupport(JSON.stringify(facts, null, 2), namesOf(snapshot)),
    summary: [
      `Versions, settings, ${snapshot.providers.length} providers, ${facts.connections.length} of ${snapshot.connections.length} connections with their timelines, and the last ${lines.length} lines of the log.`,
      'No tokens, client secrets, keys or passphrases. Client ids and mail addresses are shortened.',
    ],
  }
}

async function vaultFacts(vault: Vault): Promise<Record<string, unknown>> {
  const protectors = await vault.probe()
  const state = vault.state()
  return {
    kind: state.kind,
    protectors,
    ...(state.kind === 'uninitialised' ? {} : { wraps: state.wraps }),
    ...(state.kind === 'locked' ? { code: state.code, reason: words(state.reason) } : {}),
  }
}

function settingsFacts({ extraCa, ...settings }: Snapshot['settings']): Record<string, unknown> {
  return {
    ...settings,
    extraCa: extraCa === null ? null : `${extraCa.split('BEGIN CERTIFICATE').length - 1} certificates`,
  }
}

function inTroubleFirst(connections: Snapshot['connections']): Snapshot['connections'] {
  return connections.toSorted((one, other) => weight(one) - weight(other))
}

const weight = ({ lastOutcome }: Snapshot['connections'][number]): number =>
  lastOutcome.status === 'ok' ? 1 : 0

function appFacts({
  id,
  name,
  paused,
  manage,
  approve,
  grants,
  keys,
  lastUsedAt,
  createdAt,
  missing,
}: Snapshot['apps'][number]) {
  return {
    id,
    name: words(name),
    paused,
    manage,
    approve,
    grants,
    keys: keys.length,
    lastUsedAt,
    createdAt,
    missing,
  }
}

/** One part that fails (an unreadable folder) must not prevent the others. */
async function attempt(read: () => Promise<unknown>): Promise<unknown> {
  try {
    return await read()
  } catch (error) {
    return { unavailable: words(error instanceof Error ? error.message : 'It failed.') }
  }
}

function asStructure(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return line
  }
}
