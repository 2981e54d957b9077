// Every file of a data folder, damaged in every way that disks, tools and people damage files: the next start
// works, says what is wrong where something is lost, overwrites nothing that it could not read, and what was
// not touched is still there.
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createPracticeProvider, type PracticeProvider } from '../../electron/practice-provider/provider.ts'
import { decodeRecord, encodeRecord } from '../../electron/core/storage/records.ts'
import { appInput } from '../../shared/contract/app.ts'
import {
  openTestKeyway,
  registerPracticeProvider,
  signInAtPracticeProvider,
} from '../support/open-test-keyway.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const temp = makeTempFolder()
const origin = join(temp.path, 'origin')
let practice: PracticeProvider

const damages: Record<string, (path: string) => void> = {
  'a flipped byte': (path) => {
    const bytes = readFileSync(path)
    // A quotation mark: within a name or an address one letter for another is no damage that anybody could
    // see.
    const at = Math.max(bytes.indexOf('"', Math.floor(bytes.length / 2)), 0)
    bytes[at] = (bytes[at] ?? 0) ^ 0x15
    writeFileSync(path, bytes)
  },
  'half of it': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'no byte': (path) => truncateSync(path, 0),
  zeros: (path) => writeFileSync(path, Buffer.alloc(statSync(path).size)),
  'other JSON': (path) => writeFileSync(path, '{"hello":["world"]}'),
  'bytes that are no text': (path) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x80])),
  'a folder': (path) => {
    rmSync(path)
    mkdirSync(path)
    writeFileSync(join(path, 'inside'), 'x')
  },
  'a dangling link': (path) => {
    rmSync(path)
    symlinkSync('/nonexistent/target', path)
  },
  nothing: (path) => rmSync(path),
}

beforeAll(async () => {
  practice = await createPracticeProvider()
  const opened = await openTestKeyway(origin)
  const provider = registerPracticeProvider(opened, practice)
  await signInAtPracticeProvider(opened, provider, { account: 'one' })
  await signInAtPracticeProvider(opened, provider, { account: 'two', as: 'grace@example.test' })
  opened.keyway.apps.create(
    appInput.parse({
      name: 'An app',
      grants: [{ target: { kind: 'all' }, token: true, proxy: true }],
    }),
  )
  await opened.keyway.ui['settings.update']({ reminderMinutes: 77 })
  await opened.close()
})

afterAll(async () => {
  await practice.close()
  temp.remove()
})

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted()

function damagedCopy(file: string, damage: (path: string) => void): { folder: string; left: Buffer | null } {
  const folder = join(temp.path, 'copy')
  rmSync(folder, { recursive: true, force: true })
  cpSync(origin, folder, { recursive: true })
  const path = join(folder, file)
  damage(path)
  return { folder, left: statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : null }
}

/** What a person has after a start on this folder, in one line. */
async function afterStart(folder: string): Promise<{ has: string; named: string[] }> {
  const { keyway, close } = await openTestKeyway(folder)
  const { vault, connections, providers, apps, settings, damages: found } = keyway.snapshot()
  const tokens = await Promise.all(connections.map(async ({ id }) => (await keyway.tokens.get(id, {})).kind))
  await close()
  const has = `${vault.kind}, ${providers.length} provider, ${apps.length} app, tokens ${tokens.join(' and ')}, ${settings.reminderMinutes} minutes`
  return { has, named: found.map((damage) => relative(folder, damage.file)) }
}

const WHOLE = 'unlocked, 1 provider, 1 app, tokens ok and ok, 77 minutes'
const writtenOn = /owner\.lock$|\.jsonl$/
const holdsBytes = (folder: string, bytes: Buffer): boolean =>
  filesIn(folder).some((file) => readFileSync(join(folder, file)).equals(bytes))
const spares = /\.(?:prev|last-good)\.json$|owner\.lock|\.jsonl$/

test.each(Object.entries(damages))(
  'with %s in any one file, nothing is lost, and the file is named',
  async (name, damage) => {
    const files = filesIn(origin)
    expect(files.length).toBeGreaterThan(12)
    for (const file of files) {
      const { folder, left } = damagedCopy(file, damage)
      const first = await afterStart(folder)
      expect(`${file}: ${first.has}`).toBe(`${file}: ${WHOLE}`)
      const isGone = name === 'nothing' || name === 'a dangling link'
      expect(first.named).toEqual(isGone || spares.test(file) ? first.named : [file])
      // Not overwritten: what could not be read is still somewhere, byte for byte.
      const mayChange = left === null || writtenOn.test(file)
      expect(`${file}: ${mayChange || holdsBytes(folder, left)}`).toBe(`${file}: true`)
      expect(await afterStart(folder)).toEqual({ has: WHOLE, named: [] })
    }
  },
)

test('what a newer Keyway wrote is left as it is, and named', async () => {
  const { folder } = damagedCopy('settings.json', () => undefined)
  for (const name of ['settings.json', 'settings.last-good.json'])
    writeFileSync(join(folder, name), '{"reminderMinutes":77,"fromTheFuture":true}')
  expect(await afterStart(folder)).toEqual({ has: WHOLE, named: ['settings.json (entry fromTheFuture)'] })
  expect(readFileSync(join(folder, 'settings.json'), 'utf8')).toContain('fromTheFuture')
})

test('two ciphertexts exchanged on disk open nothing, checksums made to fit or not', async () => {
  const { folder } = damagedCopy('settings.json', () => undefined)
  const records = filesIn(join(folder, 'connections'))
    .filter((name) => !name.includes('.prev.'))
    .map((name) => {
      const path = join(folder, 'connections', name)
      const id = name.replace('.json', '')
      const decoded = decodeRecord(id, readFileSync(path, 'utf8'))
      return { path, id, value: (decoded.kind === 'good' ? decoded.value : {}) as { sealedTokens: string } }
    })
  const [one, other] = records
  if (one === undefined || other === undefined) throw new Error('There are two connections.')
  expect(one.value.sealedTokens).not.toBe(other.value.sealedTokens)
  for (const [{ path, id, value }, { sealedTokens }] of [
    [one, other.value],
    [other, one.value],
  ] as const)
    writeFileSync(path, encodeRecord(id, { ...value, sealedTokens }))
  const { has, named } = await afterStart(folder)
  expect(named).toEqual([])
  expect(has).toBe(WHOLE.replace('ok and ok', 'reconnect_needed and reconnect_needed'))
})
