// The built headless host as a person starts it: what it prints, how it ends, and what it does when it cannot
// start.
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { readOwnerFacts } from '../../electron/core/storage/data-folder.ts'
import { openWindowClient } from '../../scripts/demo/window-client.ts'
import { buildHost, hostProgram, startHost, untilReady, type HostProcess } from '../support/host-process.ts'
import { missingKeyringPrograms, startKeyringSession, startSilentBus } from '../support/keyring-session.ts'
import { tempFolder } from '../support/temp-folder.ts'

const PASSPHRASE = 'a made-up passphrase'

beforeAll(buildHost, 180_000)

const newFolder = (): string => join(tempFolder(), 'data')

function start(dataPath: string, ...more: string[]): HostProcess {
  const parameters = ['--data', dataPath, '--no-open', '--passphrase-stdin', ...more]
  return startHost(parameters, { input: `${PASSPHRASE}\n` })
}

/** One failure: its exit code, and its one line. */
async function failure(host: HostProcess): Promise<{ code: number | NodeJS.Signals; line: string }> {
  const code = await host.ended
  const lines = host.output().trim().split('\n')
  expect(lines).toHaveLength(1)
  return { code, line: lines[0] ?? '' }
}

test('it prints a link that opens the window once, answers, and lets go of everything when asked to end', async () => {
  const dataPath = newFolder()
  const host = start(dataPath, '--port', '0')
  const { url, launchUrl } = await untilReady(host)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)

  const window = await openWindowClient(launchUrl)
  expect(await window.call('snapshot.get', undefined)).toMatchObject({
    host: 'headless',
    vault: { kind: 'unlocked' },
    server: { url, listening: true },
  })
  await expect(openWindowClient(launchUrl)).rejects.toThrow('HTTP 410')

  host.kill('SIGTERM')
  expect(await host.ended).toBe(0)
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed')

  const next = start(dataPath, '--port', '0')
  await untilReady(next)
})

test.skipIf(process.platform === 'win32')('its folder and files are private to their user', async () => {
  const dataPath = newFolder()
  const { launchUrl } = await untilReady(start(dataPath, '--port', '0'))
  const window = await openWindowClient(launchUrl)
  await window.call('providers.create', {
    slug: 'made-up',
    name: 'Made up',
    spec: { endpoints: { authorization: 'https://example.test/a', token: 'https://example.test/t' } },
  })
  const open = readdirSync(dataPath, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dataPath, name))
    .concat(dataPath)
    .filter((path) => (statSync(path).mode & 0o077) !== 0)
  expect(open).toEqual([])
})

test('a second one on the same folder asks the first for its window, and leaves it alone', async () => {
  const dataPath = newFolder()
  const { url } = await untilReady(start(dataPath, '--port', '0'))
  const second = start(dataPath, '--port', '0')
  const { launchUrl } = await untilReady(second)
  expect(await second.ended).toBe(0)
  expect(second.output()).toContain('Keyway runs already')
  const window = await openWindowClient(launchUrl)
  expect(await window.call('snapshot.get', undefined)).toMatchObject({ server: { url } })
})

test('a second one that nobody answers at the socket says who has the folder and where that answers', async () => {
  const dataPath = newFolder()
  const first = start(dataPath, '--port', '0')
  const { url, launchUrl } = await untilReady(first)
  const window = await openWindowClient(launchUrl)
  await window.call('settings.update', { socketDoor: false })
  const second = await failure(start(dataPath, '--port', '0'))
  expect(second.code).toBe(14)
  expect(second.line).toContain(`process ${first.pid}`)
  expect(second.line).toContain(url)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})

test('a folder whose owner was killed is taken over', async () => {
  const dataPath = newFolder()
  const first = start(dataPath, '--port', '0')
  await untilReady(first)
  first.kill('SIGKILL')
  await first.ended
  await untilReady(start(dataPath, '--port', '0'))
})

test('a port that another program has is named, with how to choose another', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const { code, line } = await failure(start(newFolder(), '--port', String(port)))
  expect(code).toBe(14)
  expect(line).toContain(String(port))
  expect(line).toContain('--port')
  expect(line).not.toContain('Keyway is there')
})

test('a port that another Keyway has is named with its holder', async () => {
  const { url } = await untilReady(start(newFolder(), '--port', '0'))
  const { code, line } = await failure(start(newFolder(), '--port', new URL(url).port))
  expect(code).toBe(14)
  expect(line).toMatch(/Keyway/)
  expect(line).toContain(new URL(url).port)
  expect(line).toContain('--port')
})

test('a wrong passphrase ends it with the code of that failure; the right one still opens the vault', async () => {
  const dataPath = newFolder()
  const first = start(dataPath, '--port', '0')
  await untilReady(first)
  first.kill('SIGTERM')
  await first.ended

  const parameters = ['--data', dataPath, '--no-open', '--passphrase-stdin', '--port', '0']
  const wrong = await failure(startHost(parameters, { input: 'another made-up passphrase\n' }))
  expect(wrong.code).toBe(11)
  expect(wrong.line).not.toContain('another made-up')
  await untilReady(start(dataPath, '--port', '0'))
})

test('without a passphrase it runs with a vault that is locked or not made yet, and the window says which', async () => {
  const dataPath = newFolder()
  const parameters = ['--data', dataPath, '--no-open', '--port', '0']
  const fresh = startHost(parameters)
  const { launchUrl } = await untilReady(fresh)
  const window = await openWindowClient(launchUrl)
  expect((await window.call('snapshot.get', undefined)).vault.kind).toBe('uninitialised')
  await window.call('vault.initialise', { protector: 'passphrase', passphrase: PASSPHRASE })
  fresh.kill('SIGTERM')
  await fresh.ended

  const locked = await untilReady(startHost(parameters))
  const again = await openWindowClient(locked.launchUrl)
  expect((await again.call('snapshot.get', undefined)).vault).toMatchObject({
    kind: 'locked',
    needsPassphrase: true,
  })
  await again.call('vault.unlock', { passphrase: PASSPHRASE })
  expect((await again.call('snapshot.get', undefined)).vault.kind).toBe('unlocked')
})

const missing = missingKeyringPrograms()

test.skipIf(missing.length > 0)(
  `a vault in the keychain opens by itself after a restart, and says so when the keychain is locked${
    missing.length > 0 ? ` (not here: ${missing.join(', ')})` : ''
  }`,
  async () => {
    const dataPath = newFolder()
    const home = tempFolder()
    const parameters = ['--data', dataPath, '--no-open', '--port', '0']
    const begin = async (mood: 'unlocked' | 'locked') => {
      const session = await startKeyringSession(home, mood)
      onTestFinished(session.close)
      const address = session.environment['DBUS_SESSION_BUS_ADDRESS'] ?? ''
      const host = startHost(parameters, { environment: { DBUS_SESSION_BUS_ADDRESS: address } })
      const window = await openWindowClient((await untilReady(host)).launchUrl)
      const end = async (): Promise<void> => {
        host.kill('SIGTERM')
        await host.ended
        await session.close()
      }
      return { window, end }
    }

    const first = await begin('unlocked')
    await first.window.call('vault.initialise', { protector: 'os-keychain' })
    await first.end()

    const second = await begin('unlocked')
    expect((await second.window.call('snapshot.get', undefined)).vault.kind).toBe('unlocked')
    await second.end()

    const third = await begin('locked')
    expect((await third.window.call('snapshot.get', undefined)).vault).toMatchObject({
      kind: 'locked',
      needsPassphrase: false,
      reason: expect.stringContaining('keychain'),
    })
    await third.end()
  },
  60_000,
)

test.skipIf(process.platform !== 'linux')(
  'a keychain that never answers keeps nobody waiting',
  async () => {
    const bus = await startSilentBus()
    onTestFinished(bus.close)
    const environment = { DBUS_SESSION_BUS_ADDRESS: bus.environment['DBUS_SESSION_BUS_ADDRESS'] ?? '' }
    const host = startHost(['--data', newFolder(), '--no-open', '--port', '0'], { environment })
    const window = await openWindowClient((await untilReady(host)).launchUrl)
    // The window is open and the keychain, which is given up after nine seconds, is still being asked.
    await expect.poll(bus.connections).toEqual({ open: 1, closed: 0 })
    await window.call('vault.initialise', { protector: 'passphrase', passphrase: PASSPHRASE })
    expect((await window.call('snapshot.get', undefined)).vault.kind).toBe('unlocked')
  },
  60_000,
)

test('a damaged data file is set aside and named, and the rest works', async () => {
  const dataPath = newFolder()
  const first = start(dataPath, '--port', '0')
  await untilReady(first)
  first.kill('SIGTERM')
  await first.ended
  writeFileSync(join(dataPath, 'providers.json'), '{"torn":')

  const { launchUrl } = await untilReady(start(dataPath, '--port', '0'))
  const window = await openWindowClient(launchUrl)
  const { damages, vault } = await window.call('snapshot.get', undefined)
  expect(vault.kind).toBe('unlocked')
  expect(damages).toEqual([expect.objectContaining({ file: expect.stringContaining('providers.json') })])
  expect(readdirSync(join(dataPath, 'set-aside'))).toEqual([expect.stringContaining('providers.json')])
})

test.each([
  [['--port', '99999'], 2, '--port'],
  [['--passphrase', 'on the command line'], 2, '--passphrase'],
  [['--data', '/dev/null/keyway'], 14, '/dev/null/keyway'],
])('%j ends in one line and exit code %d', async (parameters, code, named) => {
  const ended = await failure(startHost([...parameters, '--no-open']))
  expect(ended.code).toBe(code)
  expect(ended.line).toContain(named)
})

test.skipIf(process.platform === 'win32')(
  'a folder that cannot be is one line and exit code 14, and never a wait',
  async () => {
    const place = tempFolder()
    writeFileSync(join(place, 'file'), '')
    symlinkSync(join(place, 'nowhere'), join(place, 'dangling'))
    symlinkSync('circle', join(place, 'circle'))
    execFileSync('mkfifo', [join(place, 'fifo')])
    const impossible = ['file', 'dangling', 'circle', 'fifo', 'file/below', 'fifo/below'].map((name) =>
      join(place, name),
    )
    for (const path of [
      ...impossible,
      '/dev/null',
      '/dev/null/x',
      '/proc/x',
      '/proc/x/y/z',
      '/sys/x',
      '/dev/fd/x/y',
      'x'.repeat(300),
    ]) {
      const ended = await failure(startHost(['--data', path, '--no-open', '--port', '0']))
      expect({ path, code: ended.code }).toEqual({ path, code: 14 })
      expect(ended.line).toContain('--data')
    }
  },
  180_000,
)

test.skipIf(process.platform !== 'linux')('it runs on where nothing can be printed', async () => {
  const dataPath = newFolder()
  const full = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(full))
  const host = spawn(process.execPath, [hostProgram, '--data', dataPath, '--no-open', '--port', '0'], {
    stdio: ['ignore', full, full],
  })
  onTestFinished(() => void host.kill('SIGKILL'))
  const ended = new Promise((resolve) => host.once('close', resolve))
  let url: string | undefined
  while (url === undefined && host.exitCode === null) {
    url = existsSync(dataPath) ? readOwnerFacts(dataPath)?.url : undefined
    await new Promise(setImmediate)
  }
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  host.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test.skipIf(process.platform === 'win32' || process.getuid?.() !== 0)(
  'a user without a home folder is told to choose a data folder',
  async () => {
    const homeless = spawn(process.execPath, [hostProgram, '--no-open', '--port', '0'], {
      uid: 54_321,
      gid: 54_321,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    homeless.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')))
    expect(await new Promise((resolve) => homeless.once('close', resolve))).toBe(14)
    expect(output.trim()).toMatch(/^keyway: [^\n]+--data[^\n]+$/)
  },
)

test('--help and --version print and end well', async () => {
  const help = startHost(['--help'])
  expect(await help.ended).toBe(0)
  expect(help.output()).toContain('--passphrase-stdin')
  const version = startHost(['--version'])
  expect(await version.ended).toBe(0)
  expect(version.output()).toMatch(/^\d+\.\d+\.\d+\n$/)
})
