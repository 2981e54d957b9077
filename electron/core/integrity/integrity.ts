// Detects changes made outside Keyway. At each unlock the folder is compared with the manifest. Changed
// entries are not used until the person decides, and nothing is overwritten meanwhile.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { IntegrityDecision, IntegrityView } from '../../../shared/contract/integrity.ts'
import type { KeyValueStore, RecordStore } from '../ports.ts'
import type { IntegrityGate } from '../vault/status.ts'
import { compareFolder, noteLog } from './compare-folder.ts'
import { confirm, decide } from './decide.ts'
import type { DecisiveSection } from './manifest.ts'
import { guardConnections, type GuardedRecords, guardEntries } from './guarded-stores.ts'
import {
  createIntegrityState,
  gateOf,
  type IntegrityDeps,
  type IntegrityTargets,
  type IntegrityParts,
} from './state.ts'

export type Integrity = {
  readonly stores: Readonly<Record<DecisiveSection, KeyValueStore>> & { connections: GuardedRecords }
  readonly gate: IntegrityGate
  view(): IntegrityView
  /** Called once when the core is built; from then on each unlock compares. */
  attach(targets: IntegrityTargets): void
  /** There is no vault (any more): the manifest of another one is quarantined. */
  withoutVault(): void
  /** The vault was unlocked: compares at once. */
  unlocked(): void
  /** Called right before the key is wiped. */
  locking(): void
  /** The person confirmed the current state. */
  confirm(): IntegrityView
  /** @throws KeywayError not_found | vault_locked | invalid_request */
  decide(decision: IntegrityDecision): IntegrityView
  /** Resolves when the work after an unlock has ended. */
  whenIdle(): Promise<void>
  /** To be called after the audit log is closed. */
  close(): Promise<void>
}

/** How often the last log row is recorded if nothing else is written. Milliseconds. */
const CHECKPOINT_MS = 10 * 60_000

export function createIntegrity(
  given: Omit<IntegrityDeps, 'onChanged'> & {
    connections: RecordStore
    /** Whether the file could not be read at this start. */
    isDamaged: (section: DecisiveSection) => boolean
  },
): Integrity {
  let attached: IntegrityTargets | null = null
  const deps: IntegrityDeps = { ...given, onChanged: () => attached?.changed() }
  const state = createIntegrityState(deps)
  const tools = { deps, state }
  const running = new Set<Promise<void>>()
  const track = (work: Promise<void>): void => {
    running.add(work)
    void work.finally(() => running.delete(work))
  }
  const parts: IntegrityParts = { ...tools, track, targets: () => attached ?? notBuilt() }
  const checkpoints = createCheckpoints(parts)
  const withoutVault = (): void => {
    for (const { path } of deps.files.read()) deps.files.quarantine(path, deps.clock.now())
  }
  return {
    stores: {
      providers: guardEntries(tools, 'providers'),
      apps: guardEntries(tools, 'apps'),
      settings: guardEntries(tools, 'settings'),
      connections: guardConnections(tools, given.connections),
    },
    gate: gateOf(state),
    view: state.view,
    attach(targets) {
      attached = targets
      if (deps.vault.state().kind === 'uninitialised') withoutVault()
    },
    withoutVault,
    unlocked() {
      if (deps.vault.identity === null || attached === null) return
      compareFolder(parts, given.isDamaged)
      checkpoints.begin()
    },
    locking() {
      checkpoints.stop()
      noteLog(parts)
      state.flush()
      deps.log.lock()
      state.end()
    },
    confirm: () => confirm(parts),
    decide: (decision) => decide(parts, decision),
    whenIdle: async () => void (await Promise.allSettled(running)),
    async close() {
      checkpoints.stop()
      if (deps.vault.state().kind === 'unlocked') {
        noteLog(parts)
        state.flush()
      }
      await state.close()
    },
  }
}

/** Records the last log row at intervals. */
function createCheckpoints(parts: IntegrityParts): { begin(): void; stop(): void } {
  let cancel = (): void => undefined
  const note = (): void => {
    noteLog(parts)
    cancel()
    cancel = parts.deps.clock.after(CHECKPOINT_MS, note)
  }
  return { begin: note, stop: () => cancel() }
}

function notBuilt(): never {
  throw new KeywayError('internal_error', { message: 'Integrity was asked before the core was built.' })
}
