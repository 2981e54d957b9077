import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createBrowserOpener, openersFor } from '../../../electron/headless/browser-opener.ts'
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

const opener = (environment: Record<string, string>): ReturnType<typeof createBrowserOpener> =>
  createBrowserOpener({
    clock: realClock,
    platform: 'linux',
    environment: { PATH: '/usr/bin:/bin', ...environment },
  })

test.skipIf(process.platform === 'win32')(
  '$BROWSER gets the address as one argument, no shell in between',
  async () => {
    const { program, recorded } = recorder(0)
    expect(await opener({ BROWSER: program }).open(url, null)).toEqual({ opened: true })
    expect(recorded()).toBe(`${url}\n`)
  },
)

test.skipIf(process.platform === 'win32')(
  'a $BROWSER that gives up is followed by the next in its list',
  async () => {
    const [first, second] = [recorder(3), recorder(0)]
    const both = `${first.program}:${second.program} --new-window %s`
    expect(await opener({ BROWSER: both }).open(url, null)).toEqual({ opened: true })
    expect(first.recorded()).toBe(`${url}\n`)
    expect(second.recorded()).toBe(`--new-window\n${url}\n`)
  },
)

test.skipIf(process.platform === 'win32')('what cannot be opened is a reason, never a throw', async () => {
  const { program } = recorder(3)
  expect(await opener({ BROWSER: program }).open(url, null)).toEqual({
    opened: false,
    reason: `${program} gave up (exit code 3).`,
  })
  expect(await opener({ BROWSER: '/nowhere/browser' }).open(url, null)).toEqual({
    opened: false,
    reason: '/nowhere/browser is not installed.',
  })
  expect(await opener({}).open(url, null)).toEqual({
    opened: false,
    reason: 'There is no display and $BROWSER is not set.',
  })
})

test.each(['file:///etc/passwd', 'javascript:alert(1)', '--version', 'keyway://x'])(
  '%s is not opened',
  async (address) => {
    const { program, recorded } = recorder(0)
    expect(await opener({ BROWSER: program }).open(address, null)).toMatchObject({ opened: false })
    expect(recorded()).toBeNull()
  },
)

test('each platform has its opener, and $BROWSER comes before it', () => {
  const programs = (platform: NodeJS.Platform, environment: Record<string, string>): string[] =>
    openersFor(url, { platform, environment }).map(({ program }) => program)
  expect(programs('darwin', {})).toEqual(['open'])
  expect(programs('win32', {})).toEqual(['rundll32'])
  expect(programs('linux', { DISPLAY: ':0' })).toEqual(['xdg-open'])
  expect(programs('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open'])
  expect(programs('linux', { WSL_DISTRO_NAME: 'Debian' })).toEqual(['wslview'])
  expect(programs('linux', {})).toEqual([])
  expect(programs('darwin', { BROWSER: 'firefox' })).toEqual(['firefox'])
})
