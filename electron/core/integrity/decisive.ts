// Selects the part of stored entries that decides where secrets are sent and who gets them.
import { hash } from 'node:crypto'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { settings as settingsSchema } from '../../../shared/contract/settings.ts'
import { sameJson } from '../../../shared/domain/canonical-json.ts'
import { isReducedSetting, isReduction } from '../../../shared/domain/reductions.ts'

export type DecisiveSection = 'providers' | 'apps' | 'settings'
export const sections = ['providers', 'apps', 'settings'] as const satisfies readonly DecisiveSection[]

/** Settings for request targets, trust, auto-lock and log retention. The others only affect the window. */
const decisiveSettings: ReadonlySet<string> = new Set([
  'port',
  'socketDoor',
  'proxyUrl',
  'extraCa',
  'autoLockMinutes',
  'activityDays',
])

/** Fields that change with every use and decide nothing. */
const idle: ReadonlySet<string> = new Set(['lastUsedAt', 'updatedAt'])

export const isDecisive = (section: DecisiveSection, key: string): boolean =>
  section !== 'settings' || decisiveSettings.has(key)

/** Whether two values of an entry decide the same. `undefined`: missing. */
export function decidesSame(section: DecisiveSection, key: string, one: unknown, other: unknown): boolean {
  return sameJson(decisivePart(section, key, one), decisivePart(section, key, other))
}

/** Whether the second value only removes rights from the first. */
export function onlyReduces(section: DecisiveSection, key: string, before: unknown, after: unknown): boolean {
  return section === 'settings'
    ? isReducedSetting(key, decisivePart(section, key, before), decisivePart(section, key, after))
    : isReduction(section, before, after)
}

/** A missing setting has its default. */
function decisivePart(section: DecisiveSection, key: string, value: unknown): unknown {
  if (section === 'settings') return value === undefined ? defaultOf(key) : value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !idle.has(name)))
}

const defaults: Readonly<Record<string, unknown>> = settingsSchema.parse({})
const defaultOf = (name: string): unknown => defaults[name]

type Facts = Pick<
  ConnectionRecord,
  'providerId' | 'account' | 'isDefault' | 'how' | 'identity' | 'values' | 'disconnectedAt'
>

/** The account of a connection and the values in its addresses. The tokens are encrypted. */
export function sealingFactsOf(record: Facts): string {
  const values = Object.entries(record.values).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const { id, label } = record.identity
  const gone = record.disconnectedAt === undefined ? [] : ['disconnected']
  const { providerId, account, isDefault, how } = record
  return digestOf(JSON.stringify([providerId, account, isDefault, how, id, label, values, ...gone]))
}

/**
 * Whether a connection has these facts, or had them before it was disconnected, which only removes rights.
 */
export function hasFacts(record: Facts, facts: string): boolean {
  if (sealingFactsOf(record) === facts) return true
  return (
    record.disconnectedAt !== undefined && sealingFactsOf({ ...record, disconnectedAt: undefined }) === facts
  )
}

export const digestOf = (text: string): string => hash('sha256', text, 'hex')
