import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openBrowser } from '../../../electron/cli/open-browser.ts'
import { openersFor, openUrl } from '../../../electron/core/browsers/open-url.ts'
import { createBrowserOpener } from '../../../electron/headless/browser-opener.ts'
import { realClock } from '../../support/fake-clock.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const url = 'http://127.0.0.1:7317/launch?ticket=made-up&next=/'

/** A program that writes its arguments to a file and ends with this code. */
function recorder(exitCode: number): { program: string; recorded: () => string | null } {
  const folder = tempFolder()
  const program = join(folder, 'open-it')
  const log = join(folder, 'arguments')
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${log}'\nexit ${exitCode}\n`)
  chmodSync(program, 0o700)
  return { program, recorded: () => (existsSync(log) ? readFileSync(log, 'utf8') : null) }
}

const deps = (environment: Record<string, string>): Parameters<typeof openUrl>[1] => ({
  clock: realClock,
  platform: 'linux',
  environment: { PATH: '/usr/bin:/bin', ...environment },
})

const openWith = (environment: Record<string, string>, address = url): ReturnType<typeof openUrl> =>
  openUrl(address, deps(environment))

test.skipIf(process.platform === 'win32')(
  '$BROWSER gets the address as one argument, no shell in between',
  async () => {
    const { program, recorded } = recorder(0)
    expect(await openWith({ BROWSER: program })).toEqual({ opened: true })
    expect(recorded()).toBe(`${url}\n`)
  },
)

test.skipIf(process.platform === 'win32')(
  'a $BROWSER that gives up is followed by the next in its list',
  async () => {
    const [first, second] = [recorder(3), recorder(0)]
    const both = `${first.program}:${second.program} --new-window %s`
    expect(await openWith({ BROWSER: both })).toEqual({ opened: true })
    expect(first.recorded()).toBe(`${url}\n`)
    expect(second.recorded()).toBe(`--new-window\n${url}\n`)
  },
)

test.skipIf(process.platform === 'win32')('what cannot be opened is a reason, never a throw', async () => {
  const { program } = recorder(3)
  expect(await openWith({ BROWSER: program })).toEqual({
    opened: false,
    reason: `${program} gave up (exit code 3).`,
  })
  expect(await openWith({ BROWSER: '/nowhere/browser' })).toEqual({
    opened: false,
    reason: '/nowhere/browser is not installed.',
  })
  expect(await openWith({})).toEqual({
    opened: false,
    reason: 'There is no display and $BROWSER is not set.',
  })
})

test.each(['file:///etc/passwd', 'javascript:alert(1)', '--version', 'keyway://x'])(
  '%s is not opened',
  async (address) => {
    const { program, recorded } = recorder(0)
    expect(await openWith({ BROWSER: program }, address)).toMatchObject({ opened: false })
    expect(await createBrowserOpener(deps({ BROWSER: program })).open(address, 'any')).toMatchObject({
      opened: false,
    })
    expect(await openBrowser(address, { BROWSER: program })).toBe(false)
    expect(recorded()).toBeNull()
  },
)

test.each([
  [{ BROWSER: 'made-up --new %s' }, 'linux', [['made-up', '--new', url]]],
  [{ BROWSER: 'made-up' }, 'darwin', [['made-up', url]]],
  [
    { BROWSER: 'made-up;"C:\\Made up\\b.exe" %s' },
    'win32',
    [
      ['made-up', url],
      ['C:\\Made up\\b.exe', url],
    ],
  ],
  [{}, 'darwin', [['open', url]]],
  [{}, 'win32', [['rundll32', 'url.dll,FileProtocolHandler', url]]],
  [{}, 'linux', []],
  [{ DISPLAY: ':0' }, 'linux', [['xdg-open', url]]],
  [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', [['xdg-open', url]]],
  [{ WSL_DISTRO_NAME: 'Debian' }, 'linux', [['wslview', url]]],
  [
    { WSL_DISTRO_NAME: 'Debian', DISPLAY: ':0' },
    'linux',
    [
      ['wslview', url],
      ['xdg-open', url],
    ],
  ],
] as const)('with %j on %s these are tried: %j', (environment, platform, expected) => {
  const commands = openersFor(url, { platform, environment })
  expect(commands.map(({ program, parameters }) => [program].concat(parameters))).toEqual(expected)
})

describe('the command line', () => {
  test('says whether a browser was opened', async () => {
    expect(await openBrowser(url, { BROWSER: '/does/not/exist' })).toBe(false)
    expect(await openBrowser(url, { BROWSER: 'false', PATH: process.env['PATH'] })).toBe(false)
    expect(await openBrowser(url, { BROWSER: 'true', PATH: process.env['PATH'] })).toBe(true)
  })

  test.skipIf(process.platform === 'win32')('starts it without the key', async () => {
    const file = join(tempFolder(), 'key')
    const environment = {
      BROWSER: `sh -c 'echo "\${KEYWAY_KEY-none}" > ${file}'`,
      PATH: process.env['PATH'],
      KEYWAY_KEY: 'kw_x',
    }
    expect(await openBrowser(url, environment)).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe('none\n')
  })
})
