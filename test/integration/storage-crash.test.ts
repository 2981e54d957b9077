import { readdirSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openActivityJournal } from '../../electron/core/audit-log/audit-log.ts'
import type { CorruptFile } from '../../electron/core/ports.ts'
import { openDataFolder } from '../../electron/core/storage/data-folder.ts'
import { createRecordStore } from '../../electron/core/storage/records.ts'
import { createPassphraseKeyWrappers } from '../../electron/core/vault/passphrase-wrapper.ts'
import { createVault } from '../../electron/core/vault/vault.ts'
import { createConfKv } from '../../electron/headless/headless.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { startChild } from '../support/child-process.ts'
import { realClock } from '../support/fake-clock.ts'
import { createMemoryLogger } from '../support/memory-ports.ts'
import { tempFolder } from '../support/temp-folder.ts'

type Fact = Record<string, unknown>

/** What the child was promised before it died, or finished. */
async function runUntilDeath(work: string, folder: string, step: number): Promise<Fact[]> {
  const child = startChild('die-at-step.ts', [work, folder, String(step)])
  onTestFinished(child.kill)
  const facts: Fact[] = []
  for (let fact = await child.next(); fact !== null; fact = await child.next()) facts.push(fact as Fact)
  const { signal } = await child.ended
  expect(signal === 'SIGKILL' || facts.some((fact) => 'finished' in fact)).toBe(true)
  return facts
}

function openStore(folder: string) {
  const damages: CorruptFile[] = []
  const common = { clock: realClock, logger: createMemoryLogger() }
  const store = createRecordStore({ folder, ...common, onCorruptFile: (damage) => damages.push(damage) })
  const passphrase = createPassphraseKeyWrappers({ cost: { N: 1024, r: 8, p: 1 } })
  return { store, damages, vault: createVault({ store, keyWrappers: [], passphrase, ...common }) }
}

/** Kills the work in front of its first step, its second, and so on, until it lives to the end. */
async function atEveryStep(
  work: string,
  prepare: (folder: string) => Promise<unknown>,
  check: (folder: string, facts: Fact[]) => Promise<void>,
): Promise<number> {
  for (let step = 0; ; step += 1) {
    const folder = tempFolder()
    await prepare(folder)
    const facts = await runUntilDeath(work, folder, step)
    await check(folder, facts)
    if (facts.some((fact) => 'finished' in fact)) return step
  }
}

/**
 * Which value (null: none) may stand after this was promised: the last one, or the one that was being
 * written.
 */
function allowedAfter(facts: readonly Fact[]): (number | null)[] {
  if (facts.some((fact) => 'removed' in fact)) return [null]
  const last = facts.findLast((fact) => 'put' in fact)?.['put']
  if (typeof last !== 'number') return [null, 1]
  return last === 3 ? [3, null] : [last, last + 1]
}

const nothing = (): Promise<void> => Promise.resolve()
const first = new Secret('first passphrase')
const second = new Secret('second passphrase')

describe('kill -9 in front of every step of a write', () => {
  it('loses no record that was promised, damages none, and leaves no half file', async () => {
    const steps = await atEveryStep('records', nothing, async (folder, facts) => {
      const { store, damages } = openStore(folder)
      const value = (await store.read('a')) as { n: number } | null
      expect(allowedAfter(facts)).toContain(value?.n ?? null)
      expect(damages).toEqual([])
      expect(readdirSync(folder).filter((name) => !/^a(?:\.prev)?\.json$/.test(name))).toEqual([])
    })
    expect(steps).toBeGreaterThan(25)
  }, 240_000)

  it('either makes a vault or makes none', async () => {
    await atEveryStep('initialise', nothing, async (folder, facts) => {
      const { vault, damages } = openStore(folder)
      const made = (await vault.start()).kind !== 'uninitialised'
      const sealed = facts.find((fact) => 'sealed' in fact)?.['sealed']
      expect({ made, promised: sealed !== undefined }).not.toEqual({ made: false, promised: true })
      // Whatever is there can be gone on with: opened, or made anew.
      const usable = made ? await vault.unlock(first) : await vault.initialize('passphrase', second)
      expect(usable).toMatchObject({ kind: 'unlocked' })
      expect(typeof sealed === 'string' ? vault.open(sealed, 'a').reveal() : 'kept').toBe('kept')
      expect(damages).toEqual([])
    })
  }, 240_000)

  it('always leaves a passphrase that opens the vault, and never the old one once the change was promised', async () => {
    let sealed = ''
    const prepare = async (folder: string): Promise<void> => {
      const { vault } = openStore(folder)
      await vault.initialize('passphrase', first)
      sealed = vault.seal(new Secret('kept'), 'a')
    }
    await atEveryStep('changePassphrase', prepare, async (folder, facts) => {
      const { vault, damages } = openStore(folder)
      const changed = facts.some((fact) => 'changed' in fact)
      const opener = await vault.unlock(second).then(
        () => 'second',
        () => 'first',
      )
      expect(changed ? ['second'] : ['first', 'second']).toContain(opener)
      await vault.unlock(first)
      expect(vault.open(sealed, 'a').reveal()).toBe('kept')
      expect(damages).toEqual([])
    })
  }, 240_000)
})

describe('kill -9 at any moment, again and again on the same folder', () => {
  it('keeps everything that was promised and damages nothing', async () => {
    const path = tempFolder()
    const promised = { records: new Map<string, number>(), settings: 0, journal: 0 }
    for (let round = 0; round < 6; round += 1) {
      const next = Math.max(promised.settings, ...promised.records.values()) + 10
      const child = startChild('write-until-killed.ts', [path, String(next)])
      onTestFinished(child.kill)
      expect(await child.next()).toEqual({ started: true })
      // Counted in promises kept, not in time, so that a slow machine is killed in the middle of work too.
      const enough = 20 + Math.floor(Math.random() * 150)
      let seen = 0
      for (let fact = await child.next(); fact !== null; fact = await child.next()) {
        const { record, n, settings, journal, damage } = fact as Fact
        expect(damage).toBeUndefined()
        if (typeof record === 'string') promised.records.set(record, n as number)
        if (typeof settings === 'number') promised.settings = settings
        if (typeof journal === 'number') promised.journal = journal
        seen += 1
        if (seen === enough) child.process.kill('SIGKILL')
      }
      await child.ended
      await expectAllKept(path, promised)
    }
  }, 240_000)
})

async function expectAllKept(
  path: string,
  promised: { records: ReadonlyMap<string, number>; settings: number; journal: number },
): Promise<void> {
  const damages: CorruptFile[] = []
  const common = {
    clock: realClock,
    logger: createMemoryLogger(),
    onCorruptFile: (damage: CorruptFile) => damages.push(damage),
  }
  const folder = await openDataFolder({ path, ...common })
  const all = await createRecordStore({ folder: folder.resolve('connections'), ...common }).loadAll()
  for (const { id, value } of all) {
    const { n, padding } = value as { n: number; padding: string }
    expect(padding).toBe(id.repeat(300))
    // The write under way may have made it or not.
    expect(n).toBeGreaterThanOrEqual(promised.records.get(id) ?? 0)
  }
  expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining([...promised.records.keys()]))
  const settings = createConfKv({ folder: folder.path, name: 'settings', ...common })
  expect(settings.get('n')).toBeGreaterThanOrEqual(promised.settings)
  const journal = openActivityJournal({ folder: folder.resolve('activity'), ...common })
  const verdict = await journal.verify()
  expect(verdict).toMatchObject({ ok: true })
  expect(verdict.rows).toBeGreaterThanOrEqual(promised.journal)
  expect(damages).toEqual([])
  await journal.close()
  folder.close()
}
