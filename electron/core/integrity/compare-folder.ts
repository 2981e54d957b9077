// Compares the folder with the manifest at each unlock; without a manifest, records the first one.
import type { Stretch } from '../audit-log/entry.ts'
import { compareConnections, compareEntries, decisiveEntries } from './compare.ts'
import {
  rowOf,
  type DecisiveSection,
  decodeManifest,
  emptyManifest,
  type Manifest,
  sections,
} from './manifest.ts'
import { wholeFinding, type Finding } from './findings.ts'
import type { IntegrityDeps, IntegrityParts } from './state.ts'

const MAX_STRETCHES = 200

const entriesOf = ({ deps }: IntegrityParts, section: DecisiveSection): Record<string, unknown> =>
  decisiveEntries(section, deps.stores[section].entries())

export function compareFolder(parts: IntegrityParts, isDamaged: (section: DecisiveSection) => boolean): void {
  const { deps } = parts
  const { identity } = deps.vault
  if (identity === null) return
  const copies = deps.files.read()
  const mac = (text: string): string => deps.vault.mac('manifest', text)
  const read = copies.map(({ path, text }) => ({
    path,
    manifest: text === null ? null : decodeManifest(text, mac, identity.vaultId),
  }))
  const [found] = read
    .flatMap(({ manifest }) => manifest ?? [])
    .toSorted((one, other) => other.counter - one.counter)
  const seen = deps.counter?.seen() ?? null
  if (found === undefined) {
    if (identity.format === 1 && copies.length === 0 && seen === null) return recordFirst(parts)
    return block(parts, noManifest(deps, copies.length === 0 ? 'missing' : 'changed'))
  }
  if (seen !== null && found.counter < seen) return block(parts, olderFolder(deps))
  for (const { path, manifest } of read)
    if (manifest === null) deps.files.quarantineCorrupt(path, deps.clock.now())
  if (identity.format === 1) markFolderSigned(parts)
  takeOver(parts, found, isDamaged)
  parts.track(checkLog(parts, found))
}

/**
 * A folder without a manifest (new, or from an earlier version): the current content is recorded and shown to
 * the person once.
 */
function recordFirst(parts: IntegrityParts): void {
  const { deps, state } = parts
  const first = recorded(parts, emptyManifest(deps.vault.identity?.vaultId ?? ''))
  const isNew = [first.providers, first.apps, first.connections].every(
    (each) => Object.keys(each).length === 0,
  )
  state.begin({ ...first, confirmedAt: isNew ? deps.clock.now() : null }, [])
  try {
    state.write((manifest) => manifest)
    markFolderSigned(parts)
  } catch (error) {
    deps.logger.error('The manifest could not be written; it is tried again with the next change', { error })
    state.writeSoon((manifest) => manifest)
  }
  // The log is not authenticated yet, or with a key that no longer exists.
  const mac = (text: string): string => deps.vault.mac('audit-log', text)
  closeStretch(parts, deps.log.accept(mac), 'before')
}

export function recorded(parts: IntegrityParts, from: Manifest): Manifest {
  const records = parts.targets().connections()
  return {
    ...from,
    providers: entriesOf(parts, 'providers'),
    apps: entriesOf(parts, 'apps'),
    settings: entriesOf(parts, 'settings'),
    connections: Object.fromEntries(records.map((record) => [record.id, rowOf(record, 'old')])),
    pending: null,
  }
}

export function markFolderSigned({ deps: { vault, logger }, track }: IntegrityParts): void {
  const marked = vault.markSigned().catch((error: unknown) => {
    logger.warn('The data folder could not be marked as one with a manifest yet', { error })
  })
  track(marked)
}

function takeOver(
  parts: IntegrityParts,
  manifest: Manifest,
  isDamaged: (section: DecisiveSection) => boolean,
): void {
  const { deps, state } = parts
  const context = { manifest, now: deps.clock.now() }
  const compared = (section: DecisiveSection) =>
    compareEntries(section, entriesOf(parts, section), { ...context, isDamaged: isDamaged(section) })
  const [providers, apps, settings] = [compared('providers'), compared('apps'), compared('settings')]
  const connections = compareConnections(parts.targets().connections(), context)
  const findings: Finding[] = [providers, apps, settings, connections].flatMap((each) => each.findings)
  const next = {
    ...manifest,
    providers: providers.next,
    apps: apps.next,
    settings: settings.next,
    connections: connections.next,
    pending: null,
  }
  state.begin(next, findings)
  writeNow(parts)
  const bySection = { providers, apps, settings }
  for (const section of sections) putBack(parts, section, bySection[section].lost)
  const reduced = sections.flatMap((section) => bySection[section].reduced.map((key) => `${section} ${key}`))
  if (reduced.length > 0)
    deps.note({ outcome: 'ok', note: `Taken away while the vault was locked: ${reduced.join(', ')}.` })
  for (const { message } of findings) deps.note({ outcome: 'refused', note: message })
  if (findings.length > 0) parts.targets().reloadSettings()
}

/** Written at once: the old state must not come back after it was replaced. */
function writeNow({ deps, state }: IntegrityParts): void {
  try {
    state.write((manifest) => manifest)
  } catch (error) {
    deps.logger.warn('The manifest could not be written yet', { error })
    state.writeSoon((manifest) => manifest)
  }
}

/**
 * An unreadable document was replaced by its backup or is empty; lost entries are restored from the manifest.
 */
function putBack(
  parts: IntegrityParts,
  section: DecisiveSection,
  lost: ReadonlyArray<readonly [string, unknown]>,
): void {
  for (const [key, value] of lost) {
    try {
      parts.targets().restore(section, key, value)
    } catch (error) {
      parts.deps.logger.warn('A damaged document could not be completed yet', { section, key, error })
    }
  }
}

async function checkLog(parts: IntegrityParts, manifest: Manifest): Promise<void> {
  const { deps, state } = parts
  const mac = (text: string): string => deps.vault.mac('audit-log', text)
  try {
    const check = await deps.log.unlock(mac, manifest.audit.head)
    if (check.kind === 'finding') {
      state.find(wholeFinding('log', 'changed', { message: check.message, now: deps.clock.now() }))
      return deps.note({ outcome: 'refused', note: check.message })
    }
    closeStretch(parts, check.unkeyed, manifest.audit.head === null ? 'before' : 'locked')
  } catch (error) {
    // The vault was locked meanwhile; the next unlock checks.
    deps.logger.info('The activity log was not checked', { error })
  }
}

export function closeStretch(
  { deps, state }: IntegrityParts,
  stretch: Stretch | null,
  why: 'before' | 'locked',
): void {
  const known = state.manifest?.audit.unkeyed ?? []
  if (stretch === null) return deps.log.name(known)
  const unkeyed = [...known, stretch].slice(-MAX_STRETCHES)
  state.writeSoon((manifest) => ({ ...manifest, audit: { ...manifest.audit, unkeyed } }))
  deps.log.name(unkeyed)
  const { from, to } = stretch
  const count = to - from + 1
  const entries = count === 1 ? `1 entry was` : `${count} entries were`
  const when = why === 'locked' ? 'while the vault was locked' : 'before the log was authenticated'
  deps.note({ outcome: 'ok', note: `${entries} written ${when}: ${from} to ${to}.` })
}

/** Only rows that are on disk: after a kill the log must not look cut off. */
export function noteLog({ deps, state }: IntegrityParts): void {
  const head = deps.log.durableHead()
  if (head === null || head.seq === state.manifest?.audit.head?.seq) return
  state.writeSoon((manifest) => ({ ...manifest, audit: { ...manifest.audit, head } }))
}

function block({ deps, state }: IntegrityParts, finding: Finding): void {
  state.block(finding)
  deps.note({ outcome: 'refused', note: finding.message })
}

const noManifest = ({ clock }: IntegrityDeps, how: 'missing' | 'changed'): Finding =>
  wholeFinding('manifest', how, {
    message:
      how === 'missing'
        ? 'The file that says what Keyway last recorded (integrity.json) is missing from the data folder.'
        : 'The file that says what Keyway last recorded (integrity.json) was changed outside Keyway.',
    now: clock.now(),
  })

const olderFolder = ({ clock }: IntegrityDeps): Finding =>
  wholeFinding('older_folder', 'older', {
    message: 'An older copy of the data folder was put back.',
    now: clock.now(),
  })
