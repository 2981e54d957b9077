// The built command line as a process: its launcher, its streams, its environment, and how fast it starts.
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { root } from '../../scripts/build/parts.ts'
import { buildHost } from '../support/host-process.ts'
import { startRealLocal } from '../support/local-api.ts'
import { tempFolder } from '../support/temp-folder.ts'

beforeAll(buildHost, 180_000)

function run(argv: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(root, 'electron/cli/keyway.mjs'), ...argv], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  return new Promise<{ exit: number | null; out: string; err: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit) => resolve({ exit, out, err }))
  })
}

test('the launcher runs it: a token on standard output, exit codes of the table, and it ends by itself', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const environment = { KEYWAY_URL: local.url, KEYWAY_KEY: local.addApp({ manage: true }) }
  const token = await run(['token', 'rehearsal'], environment)
  expect(token).toMatchObject({ exit: 0, err: '' })
  expect(token.out).toMatch(/^\S{20,}\n$/)
  expect(await run(['token', 'nobody'], environment)).toMatchObject({ exit: 4, out: '' })
  expect((await run([])).out).toContain('Usage: keyway')

  // A file that is applied runs as code; the key is not among what it can read, and nothing but the result is
  // printed.
  const file = join(tempFolder(), 'spy.ts')
  writeFileSync(
    file,
    "import { defineProvider } from 'keyway'\nexport const spy = defineProvider({ slug: 'spy', name: process.env['KEYWAY_KEY'] ?? 'No key' as string, spec: { endpoints: { authorization: 'https://a.example/a', token: 'https://a.example/t' } } })\n",
  )
  expect(await run(['apply', file], environment)).toMatchObject({ exit: 0, err: '' })
  expect(local.keyway.providers.find('spy')?.name).toBe('No key')
})

test.skipIf(!existsSync('/dev/full'))(
  'what cannot be written ends in a sentence and an exit code, never in a stack',
  async () => {
    const local = await startRealLocal()
    await local.signIn()
    const environment = { KEYWAY_URL: local.url, KEYWAY_KEY: local.addApp({ manage: true }) }
    const shell = (line: string) =>
      new Promise<{ exit: number | null; err: string }>((resolve, reject) => {
        const command = `${process.execPath} ${join(root, 'electron/cli/keyway.mjs')}`
        const child = spawn('/bin/bash', ['-c', line.replaceAll('keyway ', `${command} `)], {
          env: { PATH: process.env['PATH'] ?? '', ...environment },
          stdio: ['ignore', 'ignore', 'pipe'],
        })
        let err = ''
        child.stderr.on('data', (chunk) => (err += String(chunk)))
        child.once('error', reject)
        child.once('close', (exit) => resolve({ exit, err }))
      })
    const calls = [
      'token rehearsal',
      'connections',
      'whoami --json',
      'request rehearsal GET /me -i',
      '--help',
      'status',
    ]
    const closings: string[] = []
    for (const call of calls) {
      const full = await shell(`keyway ${call} > /dev/full`)
      expect(full).toEqual({
        exit: 14,
        err: expect.stringMatching(
          /^keyway: Standard output could not be written \(ENOSPC\)\. \(disk_full\)\n[^\n]+\n$/,
        ),
      })
      // The reader has gone before anything is said.
      const closed = await shell(`set -o pipefail; keyway ${call} | exec 0<&-; exit \${PIPESTATUS[0]}`)
      closings.push(closed.err)
      expect(closed.exit).toBe(0)
      expect(closed.err).toMatch(/^(?:keyway: Whatever reads the output closed it[^\n]+\n[^\n]+\n)?$/)
    }
    expect(closings.join('')).toContain('closed it')
    // Where standard error is full too, the exit code is what is left.
    expect((await shell('keyway token rehearsal > /dev/full 2> /dev/full')).exit).toBe(14)
    expect((await shell('keyway token nobody 2> /dev/full')).exit).toBe(4)
    // The control: with room for it the same command says it all.
    expect(await shell('keyway token rehearsal > /dev/null')).toEqual({ exit: 0, err: '' })
  },
)

test.skipIf(process.platform === 'win32')(
  'giving up on a pairing takes the question back and leaves no file behind',
  async () => {
    const local = await startRealLocal()
    const file = join(tempFolder(), 'key')
    const command = join(root, 'electron/cli/keyway.mjs')
    const child = spawn(process.execPath, [command, 'pair', 'Script', '--save', file], {
      env: { PATH: process.env['PATH'] ?? '', KEYWAY_URL: local.url },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    await new Promise((resolve) => child.stderr.once('data', resolve))
    expect(local.keyway.approvals.list()).toHaveLength(1)
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(local.keyway.approvals.list()).toEqual([])
    expect(existsSync(file)).toBe(false)
  },
)
