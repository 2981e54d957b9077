// Wraps the stores so that the manifest stays up to date. A change that decides something is recorded in the
// manifest before and after it. A change that only removes rights is also possible while the vault is locked
// and is recorded at the next unlock.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { sameJson } from '../../../shared/domain/canonical-json.ts'
import type { KeyValueStore, RecordStore } from '../ports.ts'
import {
  rowOf,
  decidesSame,
  type DecisiveSection,
  hasFacts,
  isDecisive,
  type Manifest,
  onlyReduces,
  sealingFactsOf,
} from './manifest.ts'
import { findingId, refusal } from './findings.ts'
import type { IntegrityDeps, IntegrityState } from './state.ts'

type Tools = { deps: IntegrityDeps; state: IntegrityState }

export function guardEntries(tools: Tools, section: DecisiveSection): KeyValueStore {
  const { deps, state } = tools
  const raw = deps.stores[section]
  /** A setting that was changed outside keeps its recorded value until the person decides. */
  const heldBack = (key: string): { signed: unknown } | null => {
    const finding = section === 'settings' ? state.findings.get(findingId(section, key)) : undefined
    return finding === undefined ? null : { signed: finding.signed }
  }
  return {
    entries() {
      if (state.findings.size === 0 || section !== 'settings') return raw.entries()
      const values = new Map(raw.entries())
      for (const { at, signed } of state.findings.values()) {
        if (at?.section !== section) continue
        if (signed === undefined) values.delete(at.key)
        else values.set(at.key, signed)
      }
      return [...values]
    },
    get(key) {
      const held = heldBack(key)
      return held === null ? raw.get(key) : held.signed
    },
    set: (key, value) => change(tools, { section, key, after: value, write: () => raw.set(key, value) }),
    delete: (key) => change(tools, { section, key, after: undefined, write: () => raw.delete(key) }),
  }
}

type Change = { section: DecisiveSection; key: string; after: unknown; write: () => void }

function change({ deps, state }: Tools, { section, key, after, write }: Change): void {
  const before = deps.stores[section].get(key)
  const id = findingId(section, key)
  const finding = state.findings.get(id)
  const isSame = decidesSame(section, key, before, after)
  const hasVault = deps.vault.state().kind !== 'uninitialised'
  if (!isDecisive(section, key) || !hasVault || (isSame && finding === undefined)) return write()
  if (state.manifest === null) {
    if (!onlyReduces(section, key, before, after)) throw needsKey(state)
    return write()
  }
  const signed = state.manifest[section][key]
  // An entry that was changed outside may only be changed to its recorded state or less.
  if (
    finding !== undefined &&
    !decidesSame(section, key, signed, after) &&
    !onlyReduces(section, key, signed, after)
  ) {
    if (isSame) return write()
    throw refusal(finding)
  }
  writeBoth({ deps, state }, { section, key, after, write })
  state.settle(id)
}

/**
 * Before, so that a kill in between does not look like a change from outside; after, so that the old value
 * cannot come back.
 */
function writeBoth({ deps, state }: Tools, { section, key, after, write }: Change): void {
  const pending: Manifest['pending'] = { section, key, ...(after === undefined ? {} : { value: after }) }
  state.write((manifest) => ({ ...manifest, pending }))
  try {
    write()
  } catch (error) {
    state.writeSoon((manifest) => ({ ...manifest, pending: null }))
    throw error
  }
  const done = (manifest: Manifest): Manifest => {
    const { [key]: _before, ...others } = manifest[section]
    return {
      ...manifest,
      pending: null,
      [section]: after === undefined ? others : { ...others, [key]: after },
    }
  }
  try {
    state.write(done)
  } catch (error) {
    deps.logger.warn('A change is on disk, and the manifest says so with its next write', {
      section,
      key,
      error,
    })
    state.writeSoon(done)
  }
}

/** The vault must be unlocked, or the finding must be decided first. */
function needsKey(state: IntegrityState): KeywayError {
  const [whole] = state.findings.values()
  return whole === undefined ? new KeywayError('vault_locked') : refusal(whole)
}

export type GuardedRecords = RecordStore & {
  /** Records that are about to be written; recorded in one write. */
  expect(records: readonly ConnectionRecord[]): void
}

export function guardConnections({ deps, state }: Tools, raw: RecordStore): GuardedRecords {
  const set = (records: readonly ConnectionRecord[]): void =>
    state.write((manifest) => ({
      ...manifest,
      connections: {
        ...manifest.connections,
        ...Object.fromEntries(records.map((record) => [record.id, rowOf(record, 'new')])),
      },
    }))
  return {
    loadAll: raw.loadAll,
    read: raw.read,
    leftovers: raw.leftovers,
    async put(id, value) {
      const record = value as ConnectionRecord
      if (state.manifest !== null) return putUnlocked({ deps, state }, raw, record)
      if (deps.vault.state().kind !== 'uninitialised') await refuseOtherFacts(state, raw, record)
      await raw.put(id, value)
    },
    async remove(id) {
      await raw.remove(id)
      if (state.manifest?.connections[id] === undefined) return state.settle(findingId('connections', id))
      const { [id]: _gone, ...others } = state.manifest.connections
      const without = (manifest: Manifest): Manifest => ({ ...manifest, connections: others })
      try {
        state.write(without)
      } catch {
        state.writeSoon(without)
      }
      state.settle(findingId('connections', id))
    },
    expect: set,
  }
}

/**
 * While the vault is locked, a connection may be used and its use recorded, but not renamed or given other
 * addresses.
 */
async function refuseOtherFacts(
  state: IntegrityState,
  raw: RecordStore,
  record: ConnectionRecord,
): Promise<void> {
  const stored = (await raw.read(record.id)) as ConnectionRecord | null
  if (stored !== null && hasFacts(record, sealingFactsOf(stored))) return
  throw needsKey(state)
}

async function putUnlocked({ state }: Tools, raw: RecordStore, record: ConnectionRecord): Promise<void> {
  const { id } = record
  const row = state.manifest?.connections[id]
  const finding = state.findings.get(findingId('connections', id))
  const next = rowOf(record, 'new')
  if (finding !== undefined) {
    const stored = (await raw.read(id)) as ConnectionRecord | null
    // Only a new sign-in ends a finding; recording a use does not.
    if (stored !== null && record.generation > stored.generation) {
      setRow(state, id, next)
      await raw.put(id, record)
      return state.settle(finding.id)
    }
    return raw.put(id, record)
  }
  if (row === undefined) setRow(state, id, next)
  else if (row.facts !== next.facts) setRow(state, id, { ...row, nextFacts: next.facts })
  await raw.put(id, record)
  const now = state.manifest?.connections[id] ?? next
  const keepsOld = now.old !== undefined && rowOf(record, 'old').old?.current === now.old.current
  const after = keepsOld && now.old !== undefined ? { ...next, old: now.old } : next
  if (sameJson(now, after)) return
  state.writeSoon((manifest) => ({ ...manifest, connections: { ...manifest.connections, [id]: after } }))
}

function setRow(state: IntegrityState, id: string, row: Manifest['connections'][string]): void {
  state.write((manifest) => ({ ...manifest, connections: { ...manifest.connections, [id]: row } }))
}
