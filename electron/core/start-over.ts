// For a forgotten passphrase: moves vault, connections and client secrets to a folder of their own, so that a
// new vault can be created. Nothing is deleted before it was copied and synced, so everything can be restored
// by hand with the passphrase.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { ActivityEntry } from '../../shared/contract/activity.ts'
import type { ConnectionParts } from './connections/wiring.ts'
import type { Clock } from './ports.ts'
import type { ProviderStore } from './providers/store.ts'
import { makeFolder, removeDurably, writeDurably } from './storage/durable-file.ts'
import { quarantinePath } from './storage/quarantine.ts'
import type { Vault } from './vault/vault.ts'

/** Signed with the old key; without that key they only produce errors. */
const SIGNED = ['integrity.json', 'integrity.copy.json']
/** Everything encrypted with the old key, and the key. */
const OLD = ['vault', 'connections', 'providers.json', ...SIGNED]

export type StartOverDeps = {
  clock: Clock
  /** Null: nothing is on disk (tests in memory), so nothing is moved. */
  folder: string | null
  vault: Vault
  connections: Pick<ConnectionParts, 'records' | 'flows' | 'tokens'>
  providers: ProviderStore
  activity: { append(entry: ActivityEntry): void }
  onChanged: () => void
}

/**
 * @throws KeywayError invalid_request unless the vault is locked; disk_full | save_failed: what was not moved
 * is still in place then
 */
export async function startOver(deps: StartOverDeps): Promise<{ setAsidePath: string }> {
  const { vault, connections, providers } = deps
  if (vault.state().kind !== 'locked') {
    throw new KeywayError('invalid_request', {
      message: 'Starting over is for a vault that is locked.',
      nextStep: 'Lock the vault first, if that is what you want.',
    })
  }
  const setAsidePath =
    deps.folder === null ? '' : quarantinePath(join(deps.folder, 'started-over'), deps.clock.now())
  if (deps.folder !== null) await copyDurably(deps.folder, setAsidePath)
  connections.flows.cancelWaiting()
  for (const { id } of connections.records.list()) {
    await connections.records.remove(id)
    connections.tokens.removed(id)
  }
  // Up to here the person can repeat it from the lock screen.
  await vault.quarantine()
  if (deps.folder !== null) await removeDurably(SIGNED.map((name) => join(deps.folder ?? '', name)))
  for (const record of providers.list()) {
    const { sealedClientSecret, sealedRegistration, sealedClientKeys } = record
    if ([sealedClientSecret, sealedRegistration, sealedClientKeys].every((sealed) => sealed === null))
      continue
    const without = { sealedClientSecret: null, sealedRegistration: null, sealedClientKeys: null }
    providers.save({ ...record, ...without, clientKeys: [] })
  }
  deps.activity.append({ kind: 'vault', outcome: 'ok', note: `started over; set aside in ${setAsidePath}` })
  deps.onChanged()
  return { setAsidePath }
}

async function copyDurably(folder: string, target: string): Promise<void> {
  makeFolder(target)
  for (const name of OLD) {
    const from = join(folder, name)
    const found = statSync(from, { throwIfNoEntry: false })
    if (found?.isFile() === true) await writeDurably(join(target, name), readFileSync(from, 'utf8'))
    if (found?.isDirectory() !== true) continue
    makeFolder(join(target, name))
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      if (!entry.isFile()) continue
      await writeDurably(join(target, name, entry.name), readFileSync(join(from, entry.name), 'utf8'))
    }
  }
}
