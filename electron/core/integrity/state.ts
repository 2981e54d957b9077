// The manifest in memory, its findings, and the only code that writes it.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { IntegrityView } from '../../../shared/contract/integrity.ts'
import type { LogKey } from '../audit-log/audit-log.ts'
import type { Clock, KeyValueStore, Logger, RollbackCounter } from '../ports.ts'
import type { IntegrityGate } from '../vault/status.ts'
import type { Vault } from '../vault/vault.ts'
import {
  type DecisiveSection,
  digestOf,
  encodeManifest,
  type Manifest,
  type ManifestFiles,
} from './manifest.ts'
import { type Finding, refusal } from './findings.ts'

/** Delay for changes that may be lost: token generations and the last log row. Milliseconds. */
const LAZY_MS = 10_000
/** Delay for the keychain, whose client is a separate process. Milliseconds. */
const COUNTER_MS = 2_000

export type IntegrityDeps = {
  vault: Pick<Vault, 'state' | 'identity' | 'mac' | 'markSigned'>
  files: ManifestFiles
  stores: Readonly<Record<DecisiveSection, KeyValueStore>>
  log: LogKey
  /** A counter outside the folder, which an older copy of the folder cannot reset; null if there is none. */
  counter: RollbackCounter | null
  note: (entry: { outcome: 'ok' | 'refused'; note: string }) => void
  clock: Clock
  logger: Logger
  onChanged: () => void
}

/** Parts of the core that exist only after it is built. */
export type IntegrityTargets = {
  connections(): readonly ConnectionRecord[]
  /** Restores or removes an entry in memory and on disk. */
  restore(section: DecisiveSection, key: string, value: unknown): void
  /** Settings with or without a finding take effect. */
  reloadSettings(): void
  /** Findings or decisions changed. */
  changed(): void
}

export type IntegrityState = {
  /** Null while the vault is locked, and while the manifest cannot be authenticated. */
  readonly manifest: Manifest | null
  readonly findings: ReadonlyMap<string, Finding>
  begin(manifest: Manifest, findings: readonly Finding[]): void
  /** Stops all recording until the person decides. */
  block(finding: Finding): void
  find(finding: Finding): void
  settle(id: string): void
  /**
   * Durable when it returns.
   * @throws KeywayError disk_full | save_failed; the manifest in memory is then unchanged
   */
  write(change: (manifest: Manifest) => Manifest): void
  /** Changes memory at once and the disk soon. */
  writeSoon(change: (manifest: Manifest) => Manifest): void
  /** Writes pending changes. Never throws. */
  flush(): void
  end(): void
  /** @throws KeywayError integrity_check_failed */
  refuse(id: string, generation?: number): void
  view(): IntegrityView
  close(): Promise<void>
}

export type IntegrityParts = {
  deps: IntegrityDeps
  state: IntegrityState
  targets: () => IntegrityTargets
  /** Background work that must end before the folder is released. */
  track: (work: Promise<void>) => void
}

export function createIntegrityState(deps: IntegrityDeps): IntegrityState {
  const { vault } = deps
  const findings = new Map<string, Finding>()
  const book = createCurrentManifest(deps)
  return {
    ...book,
    get manifest() {
      return book.manifest
    },
    findings,
    begin(next, found) {
      book.set(next)
      findings.clear()
      for (const finding of found) findings.set(finding.id, finding)
      deps.onChanged()
    },
    block(finding) {
      book.set(null)
      findings.clear()
      findings.set(finding.id, finding)
      deps.onChanged()
    },
    find(finding) {
      findings.set(finding.id, finding)
      deps.onChanged()
    },
    settle(id) {
      if (findings.delete(id)) deps.onChanged()
    },
    end() {
      book.set(null)
      findings.clear()
      deps.onChanged()
    },
    refuse(id, generation) {
      const whole = findings.get('manifest') ?? findings.get('older_folder')
      const finding = whole ?? findings.get(id)
      if (finding === undefined) return
      // A later generation comes from a sign-in here, not from the folder.
      const isLater = generation !== undefined && generation > (finding.generation ?? Infinity)
      if (!isLater) throw refusal(finding)
    },
    view: () => ({
      state: stateOf(vault, book.manifest),
      findings: [...findings.values()].map(
        ({ at: _at, signed: _signed, generation: _generation, ...shown }) => shown,
      ),
      noticesOlderFolder: deps.counter?.isKept() === true,
    }),
  }
}

export function gateOf(state: IntegrityState): IntegrityGate {
  return {
    provider: (id) => state.refuse(`providers:${id}`),
    connection: ({ id, generation }) => state.refuse(`connections:${id}`, generation),
    app: (id) => state.refuse(`apps:${id}`),
    opensOld(id, place, sealed) {
      const digest = state.manifest?.connections[id]?.old?.[place]
      return digest !== undefined && digest !== null && digest === digestOf(sealed)
    },
  }
}

type CurrentManifest = Pick<IntegrityState, 'manifest' | 'write' | 'writeSoon' | 'flush' | 'close'> & {
  set(manifest: Manifest | null): void
}

/** The manifest in memory, with its writes to disk. */
function createCurrentManifest(deps: IntegrityDeps): CurrentManifest {
  const { vault, files, clock, logger } = deps
  const counter = createCounterNote(deps)
  let manifest: Manifest | null = null
  let isBehind = false
  let cancel: (() => void) | null = null
  const put = (next: Manifest, by: (text: string) => void): void => {
    const counted = { ...next, counter: next.counter + 1 }
    by(encodeManifest(counted, (text) => vault.mac('manifest', text)))
    manifest = counted
    isBehind = false
    counter.reached(counted.counter)
  }
  const flush = (): void => {
    cancel?.()
    cancel = null
    if (!isBehind || manifest === null) return
    try {
      put(manifest, files.writeFirst)
    } catch (error) {
      logger.warn('The manifest is behind; it is written again with the next change', { error })
    }
  }
  return {
    get manifest() {
      return manifest
    },
    set(next) {
      cancel?.()
      cancel = null
      isBehind = false
      manifest = next
    },
    write(change) {
      if (manifest !== null) put(change(manifest), files.write)
    },
    writeSoon(change) {
      if (manifest === null) return
      manifest = change(manifest)
      isBehind = true
      // Not restarted by the next change, so that a busy folder is written too.
      cancel ??= clock.after(LAZY_MS, flush)
    },
    flush,
    close: counter.close,
  }
}

function stateOf(
  vault: Pick<Vault, 'state'>,
  manifest: Manifest | null,
): 'off' | 'locked' | 'to_confirm' | 'signed' {
  const { kind } = vault.state()
  if (kind === 'uninitialised') return 'off'
  if (kind === 'locked') return 'locked'
  return manifest !== null && manifest.confirmedAt === null ? 'to_confirm' : 'signed'
}

/**
 * Stores the counter in the keychain, combined and in the background. An outdated counter only weakens the
 * rollback detection.
 */
function createCounterNote({ counter, clock, logger }: IntegrityDeps): {
  reached(value: number): void
  close(): Promise<void>
} {
  let wanted = 0
  let stored = 0
  let cancel: (() => void) | null = null
  let running: Promise<void> = Promise.resolve()
  const store = async (): Promise<void> => {
    cancel?.()
    cancel = null
    if (counter === null || wanted <= stored || !counter.isKept()) return
    const value = wanted
    try {
      await counter.store(value)
      stored = value
    } catch (error) {
      logger.warn('The keychain did not take the counter of the data folder', { error })
    }
  }
  return {
    reached(value) {
      wanted = value
      if (counter === null) return
      cancel ??= clock.after(COUNTER_MS, () => {
        running = running.then(store)
      })
    },
    close: () => (running = running.then(store)),
  }
}
