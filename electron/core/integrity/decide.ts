// Applies the person's decision about a finding: accepts the change or reverts it.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { IntegrityDecision, IntegrityView } from '../../../shared/contract/integrity.ts'
import { rowOf, emptyManifest } from './manifest.ts'
import { closeStretch, markFolderSigned, recorded } from './compare-folder.ts'
import type { Finding } from './findings.ts'
import type { IntegrityParts } from './state.ts'

/**
 * The person confirmed the state that an earlier version left.
 * @throws KeywayError vault_locked | disk_full | save_failed
 */
export function confirm({ deps, state }: IntegrityParts): IntegrityView {
  if (state.manifest === null) throw new KeywayError('vault_locked')
  const at = deps.clock.now()
  state.write((manifest) => ({ ...manifest, confirmedAt: manifest.confirmedAt ?? at }))
  deps.note({ outcome: 'ok', note: 'The person looked at the providers and apps, and confirmed them.' })
  deps.onChanged()
  return state.view()
}

export function decide(parts: IntegrityParts, { id, decision }: IntegrityDecision): IntegrityView {
  const { deps, state } = parts
  if (deps.vault.state().kind !== 'unlocked') throw new KeywayError('vault_locked')
  const finding = state.findings.get(id)
  if (finding === undefined)
    throw new KeywayError('not_found', { message: 'Nothing of that kind waits for a decision.' })
  if (decision === 'restore') {
    if (!finding.canRestore || finding.at === null || finding.at.section === 'connections')
      throw new KeywayError('invalid_request', {
        message: 'There is no copy of it that Keyway vouches for.',
        details: { field: 'decision' },
      })
    parts.targets().restore(finding.at.section, finding.at.key, finding.signed)
    state.settle(id)
  } else takeAsIs(parts, finding)
  const did = decision === 'use' ? 'The change was confirmed' : 'The change was taken back'
  deps.note({ outcome: 'ok', note: `${did}: ${finding.message}` })
  parts.targets().reloadSettings()
  return state.view()
}

function takeAsIs(parts: IntegrityParts, finding: Finding): void {
  const { deps, state } = parts
  if (finding.kind === 'log') {
    state.settle(finding.id)
    return closeStretch(
      parts,
      deps.log.accept((text) => deps.vault.mac('audit-log', text)),
      'before',
    )
  }
  if (finding.at === null) return recordAnew(parts, finding)
  const { section, key } = finding.at
  if (section === 'connections') {
    const record = parts
      .targets()
      .connections()
      .find((each) => each.id === key)
    if (record !== undefined)
      state.write((manifest) => ({
        ...manifest,
        connections: { ...manifest.connections, [key]: rowOf(record, 'old') },
      }))
  } else {
    const present = deps.stores[section].get(key)
    state.write((manifest) => {
      const { [key]: _before, ...others } = manifest[section]
      return { ...manifest, [section]: present === undefined ? others : { ...others, [key]: present } }
    })
  }
  state.settle(finding.id)
}

/** Records the current state on the person's decision; it is shown again for confirmation. */
function recordAnew(parts: IntegrityParts, finding: Finding): void {
  const { deps, state } = parts
  const counter = deps.counter?.seen() ?? 0
  const fresh = { ...emptyManifest(deps.vault.identity?.vaultId ?? ''), counter }
  const next = recorded(parts, fresh)
  for (const { path } of deps.files.read()) deps.files.quarantine(path, deps.clock.now())
  state.begin(next, [])
  try {
    state.write((manifest) => manifest)
  } catch (error) {
    state.block(finding)
    throw error
  }
  markFolderSigned(parts)
  closeStretch(
    parts,
    deps.log.accept((text) => deps.vault.mac('audit-log', text)),
    'before',
  )
}
