// Decides whether a change only removes rights. Such a change may be stored while the vault is locked and is
// adopted at the next unlock without a question; any other change waits for the key. Values come from disk,
// so nothing about their form is assumed: what this file does not know must stay exactly as it was.
import { sameJson } from './canonical-json.ts'

/** The stored documents whose entries decide where secrets are sent and who receives them. */
const signedSections = ['providers', 'apps', 'settings', 'connections'] as const
export type SignedSection = (typeof signedSections)[number]

type Entry = Readonly<Record<string, unknown>>
type Rule = (before: unknown, after: unknown) => boolean

/**
 * Whether `after` grants nothing that `before` does not grant. `undefined` is an absent entry. An unchanged
 * entry counts as a reduction.
 */
export function isReduction(section: SignedSection, before: unknown, after: unknown): boolean {
  if (sameJson(before, after)) return true
  if (section === 'settings') return false
  if (after === undefined) return true
  if (!isEntry(before) || !isEntry(after)) return false
  return reduces(before, after, rules[section])
}

/** The same for one named setting; settings are single values. */
export function isReducedSetting(name: string, before: unknown, after: unknown): boolean {
  if (sameJson(before, after)) return true
  const rule = settingRules[name]
  return rule !== undefined && rule(before, after)
}

function reduces(before: Entry, after: Entry, known: Readonly<Record<string, Rule>>): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].every((name) => {
    const [was, is] = [before[name], after[name]]
    return sameJson(was, is) || (Object.hasOwn(known, name) && known[name]?.(was, is) === true)
  })
}

const becomes =
  (wanted: unknown): Rule =>
  (_before, after) =>
    sameJson(after, wanted)

/** For a list where empty means nothing. */
const isSubset: Rule = (before, after) =>
  Array.isArray(after) &&
  after.every((one) => Array.isArray(before) && before.some((each) => sameJson(each, one)))

/** For a list where empty means everything. */
const isNarrowed: Rule = (before, after) =>
  Array.isArray(before) &&
  (before.length === 0 || (Array.isArray(after) && after.length > 0 && isSubset(before, after)))

/** For a time, or null for never. */
const endsSooner: Rule = (before, after) =>
  typeof after === 'number' && (before === null || (typeof before === 'number' && after <= before))

const keepsTimestamp: Rule = () => true

const grantRules: Readonly<Record<string, Rule>> = {
  token: becomes(false),
  proxy: becomes(false),
  hosts: isNarrowed,
  methods: isNarrowed,
  paths: isNarrowed,
  expiresAt: endsSooner,
  approval: becomes('ask'),
}

const keyRules: Readonly<Record<string, Rule>> = { expiresAt: endsSooner }

/** Each current item equals or narrows a previous one. */
const eachReduces =
  (known: Readonly<Record<string, Rule>>): Rule =>
  (before, after) =>
    Array.isArray(before) &&
    Array.isArray(after) &&
    after.every(
      (one) => isEntry(one) && before.some((was: unknown) => isEntry(was) && reduces(was, one, known)),
    )

const rules: Readonly<Record<Exclude<SignedSection, 'settings'>, Readonly<Record<string, Rule>>>> = {
  apps: {
    grants: eachReduces(grantRules),
    keys: eachReduces(keyRules),
    paused: becomes(true),
    manage: becomes(false),
    approve: becomes(false),
    origins: isSubset,
    authProviders: isSubset,
    updatedAt: keepsTimestamp,
    lastUsedAt: keepsTimestamp,
  },
  providers: {
    allowedHosts: isSubset,
    privateHosts: isSubset,
    scopes: isSubset,
    secondaryScopes: isSubset,
    extraCa: becomes(null),
    sealedClientSecret: becomes(null),
    sealedRegistration: becomes(null),
    updatedAt: keepsTimestamp,
  },
  connections: {},
}

/** Fewer certificates are trusted, the socket is off, the vault locks sooner, entries are kept longer. */
const settingRules: Readonly<Record<string, Rule>> = {
  extraCa: becomes(null),
  socketDoor: becomes(false),
  autoLockMinutes: (before, after) =>
    typeof before === 'number' && typeof after === 'number' && after > 0 && (before === 0 || after < before),
  activityDays: (before, after) => typeof before === 'number' && typeof after === 'number' && after > before,
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
