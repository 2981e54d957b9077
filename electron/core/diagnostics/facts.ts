// The facts in diagnostics: audit log, connections, folder, machine, providers and log lines.
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { arch, availableParallelism, freemem, release, totalmem, uptime, version } from 'node:os'
import { join } from 'node:path'
import type { ActivityRow } from '../../../shared/contract/activity.ts'
import type { ConnectionView, LifeEvent } from '../../../shared/contract/connection.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import { shortenedId } from '../../../shared/domain/private-text.ts'
import { redactText } from '../../../shared/domain/redact.ts'
import type { AuditLog } from '../keyway.ts'
import type { Clock } from '../ports.ts'
import { systemCode } from '../storage/durable-file.ts'
import type { Vault } from '../vault/vault.ts'

/** Where Keyway's files are. Null: nothing is on disk (tests in memory). */
export type DataPlace = {
  folder: string
  logFile: string
  environment: Readonly<Record<string, string | undefined>>
} | null

export type DiagnosticsDeps = {
  place: DataPlace
  clock: Clock
  vault: Vault
  activity: AuditLog
  snapshot: () => Snapshot
  version: string
}

const LOOKED_AT = 1000
const SHOWN_FAILURES = 50

/** Counts of recent activity and the latest failures, without the called addresses. */
export async function activityFacts(
  activity: Pick<AuditLog, 'query' | 'verify'>,
): Promise<Record<string, unknown>> {
  const rows = await activity.query({ limit: LOOKED_AT })
  const counts: Record<string, number> = {}
  for (const { kind, outcome } of rows)
    counts[`${kind}: ${outcome}`] = (counts[`${kind}: ${outcome}`] ?? 0) + 1
  return {
    chain: await activity.verify(),
    lookedAt: rows.length,
    since: iso(rows.at(-1)?.at ?? null),
    counts,
    latestFailures: rows
      .filter(({ outcome }) => outcome !== 'ok')
      .slice(0, SHOWN_FAILURES)
      .map(failureFacts),
  }
}

function failureFacts({
  seq,
  at,
  kind,
  outcome,
  code,
  status,
  connectionId,
  appId,
  note,
}: ActivityRow): Record<string, unknown> {
  const facts = { seq, at: iso(at), kind, outcome, code, status, connectionId, appId }
  return { ...facts, ...(note === undefined ? {} : { note: redactText(note) }) }
}

/** A connection for support: states, times and fingerprints. */
export function connectionFacts(connection: ConnectionView): Record<string, unknown> {
  const { identity, lastOutcome, life, values, account, ...rest } = connection
  const { providerName: _name, ...facts } = rest
  return {
    ...facts,
    account: redactText(account),
    identity: {
      id: identity.id === null ? 'unknown' : 'known',
      label: identity.label === null ? null : 'known',
    },
    values: Object.keys(values),
    lastOutcome: { ...lastOutcome, at: iso(lastOutcome.at), message: words(lastOutcome.message) },
    issuedAt: iso(connection.issuedAt),
    expiresAt: iso(connection.expiresAt),
    refreshTokenExpiresAt: iso(connection.refreshTokenExpiresAt),
    nextRefreshAt: iso(connection.nextRefreshAt),
    stopsWorkingAt: iso(connection.stopsWorkingAt),
    lastUsedAt: iso(connection.lastUsedAt),
    verifiedAt: iso(connection.verifiedAt),
    lastAuthorizedAt: iso(connection.lastAuthorizedAt),
    createdAt: iso(connection.createdAt),
    updatedAt: iso(connection.updatedAt),
    life: life.map(lifeFacts),
  }
}

function lifeFacts(event: LifeEvent): Record<string, unknown> {
  const shown = {
    ...event,
    at: iso(event.at),
    expiresAt: iso(event.expiresAt),
    message: words(event.message),
  }
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== null))
}

export const words = (text: string | null): string | null => (text === null ? null : redactText(text))

export function iso(at: number | null): string | null {
  return at === null || Number.isNaN(new Date(at).getTime()) ? null : new Date(at).toISOString()
}

// POSIX releases a process's locks on a file when it closes ANY descriptor of it, so the lock file is not
// opened.
const LOCK = /^owner\.lock/

/** Sizes and counts of the files in the data folder. Opens no file. */
export async function folderFacts(path: string): Promise<Record<string, unknown>> {
  const entries = readdirSync(path, { withFileTypes: true }).filter(({ name }) => !LOCK.test(name))
  const space = await statfs(path)
  return {
    path,
    freeBytes: space.bavail * space.bsize,
    entries: Object.fromEntries(
      entries.map((entry) => [
        entry.isDirectory() ? `${entry.name}/` : entry.name,
        entry.isDirectory() ? insideOf(join(path, entry.name)) : sizeOf(join(path, entry.name)),
      ]),
    ),
  }
}

function insideOf(folder: string): { files: number; bytes: number } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return {
    files: files.length,
    bytes: files.reduce((sum, { parentPath, name }) => sum + sizeOf(join(parentPath, name)), 0),
  }
}

/** 0 if the file was removed meanwhile. */
const sizeOf = (path: string): number => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0

const VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'BROWSER',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_CURRENT_DESKTOP',
  'SSH_CONNECTION',
  'WSL_DISTRO_NAME',
  'container',
] as const

/** The platform. Of environment variables only whether they are set. */
export function machineFacts(
  environment: Readonly<Record<string, string | undefined>>,
  now: number,
): Record<string, unknown> {
  const isSet = (name: string): boolean => (environment[name] ?? environment[name.toLowerCase()] ?? '') !== ''
  const { node, electron, chrome, v8, openssl, uv } = process.versions as Record<string, string | undefined>
  return {
    platform: process.platform,
    arch: arch(),
    release: release(),
    version: version(),
    versions: { node, electron, chrome, v8, openssl, uv },
    processors: availableParallelism(),
    memory: { totalBytes: totalmem(), freeBytes: freemem(), usedBytes: process.memoryUsage.rss() },
    machineUpSeconds: Math.round(uptime()),
    keywayUpSeconds: Math.round(process.uptime()),
    clock: { now: new Date(now).toISOString(), zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    environmentSet: VARIABLES.filter(isSet),
  }
}

/** Parameter and header maps may contain a key that a person entered, so only the names are shown. */
const MAPS = new Set([
  'extraParams',
  'exchangeParams',
  'headers',
  'params',
  'body',
  'fields',
  'tokenHeader',
  'authHeader',
])

/** A provider without secrets: its settings, and how it differs from its preset. */
export function providerFacts(provider: ProviderView): Record<string, unknown> {
  const { id, slug, name, preset, clientId, hasClientSecret, scopes, flow, redirect, redirectHost } = provider
  return {
    id,
    slug,
    name: redactText(name),
    preset,
    clientId: shortenedId(clientId),
    hasClientSecret,
    scopes,
    flow,
    redirect,
    redirectHost,
    redirectUri: provider.redirectUri,
    parameters: Object.keys(provider.parameters),
    allowedHosts: provider.allowedHosts,
    privateHosts: provider.privateHosts,
    hasExtraCa: provider.extraCa !== null,
    connections: provider.connectionCount,
    departures: Object.fromEntries(departures(provider.overrides, '')),
    createdAt: provider.createdAt,
    updatedAt: provider.updatedAt,
  }
}

function departures(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, plain(value)]]
  return Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    const at = path === '' ? name : `${path}.${name}`
    if (!MAPS.has(name)) return departures(inner, at)
    return [[at, typeof inner === 'object' && inner !== null ? Object.keys(inner) : '[set]']]
  })
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  return Array.isArray(value) ? value.map(plain) : value
}

/** About ten times the size of 500 typical lines. Bytes. */
const MAX_BYTES = 2 * 1024 * 1024

/**
 * The newest lines of a log and, if it is short, of the previous one (`<path>.1`); oldest first. Without a
 * file: none.
 */
export function readLogTail(path: string, count: number): string[] {
  const newest = tailOf(path)
  const lines = newest.length >= count ? newest : [...tailOf(`${path}.1`), ...newest]
  return lines.slice(-count)
}

function tailOf(path: string): string[] {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
  try {
    const { size } = fstatSync(descriptor)
    const bytes = Buffer.alloc(Math.min(size, MAX_BYTES))
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length)
    const lines = bytes.subarray(0, read).toString('utf8').split('\n')
    // The first line is incomplete unless the whole file was read.
    return (size > MAX_BYTES ? lines.slice(1) : lines).filter((line) => line !== '')
  } finally {
    closeSync(descriptor)
  }
}
