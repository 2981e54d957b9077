import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  browserEntry,
  browsersInRegistry,
  createInstalledBrowsers,
} from '../../../electron/core/browsers/find-browsers.ts'
import { systemClock } from '../../../electron/core/ports.ts'

const url = 'https://auth.example.com/authorize?client_id=a&state=made-up%20state'
const entry = (exec: string, more = ''): string =>
  `[Desktop Entry]\nName=Fox\nExec=${exec}\nMimeType=text/html;x-scheme-handler/https;\n${more}\n[Desktop Action new]\nName=Other\nExec=other`

describe('a desktop entry', () => {
  test.each([
    ['fox %u', ['fox', url]],
    ['/opt/fox/fox --new-window %U', ['/opt/fox/fox', '--new-window', url]],
    ['"/opt/my fox/fox" --class "a \\"b\\"" %u', ['/opt/my fox/fox', '--class', 'a "b"', url]],
    ['fox -icon %i -title %c', ['fox', '-icon', '-title', url]],
    ['env A=100%% fox %F', ['env', 'A=100%', 'fox', url]],
  ])('%s gets the address as one argument', (exec, [program, ...parameters]) => {
    expect(browserEntry(entry(exec))?.commandFor(url)).toEqual({ program, parameters })
  })

  test.each([
    ['hidden', entry('fox %u', 'NoDisplay=true')],
    ['without a command', entry('')],
    ['of another kind', '[Desktop Entry]\nName=Editor\nExec=edit %f\nMimeType=text/plain;'],
    ['empty', ''],
  ])('that is %s is no browser', (_what, text) => {
    expect(browserEntry(text)).toBeNull()
  })
})

test('the browsers that registered themselves with Windows are found, quoted paths and all', () => {
  const root = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Clients\\StartMenuInternet'
  const listing = [
    `${root}\\Firefox-308046B0AF4A39CB`,
    '    (Default)    REG_SZ    Mozilla Firefox',
    '',
    `${root}\\Firefox-308046B0AF4A39CB\\shell\\open\\command`,
    '    (Default)    REG_SZ    "C:\\Program Files\\Mozilla Firefox\\firefox.exe"',
    '',
    `${root}\\Firefox-308046B0AF4A39CB\\Capabilities`,
    '    ApplicationName    REG_SZ    Firefox',
  ].join('\r\n')
  const [found, ...others] = browsersInRegistry(listing)
  expect(others).toEqual([])
  expect(found).toMatchObject({ id: 'Firefox-308046B0AF4A39CB', name: 'Mozilla Firefox' })
  expect(found?.commandFor(url)).toEqual({
    program: 'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
    parameters: [url],
  })
})

describe.skipIf(process.platform !== 'linux')('the browsers of this machine', () => {
  function home() {
    const folder = mkdtempSync(join(tmpdir(), 'keyway-browsers-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const seen = join(folder, 'seen')
    const program = join(folder, 'fox')
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${seen}'\n`)
    chmodSync(program, 0o700)
    mkdirSync(join(folder, 'applications'))
    writeFileSync(join(folder, 'applications', 'fox.desktop'), entry(`${program} %u`))
    const environment = {
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_DATA_DIRS: folder,
      DISPLAY: ':made-up',
      PATH: '/usr/bin:/bin',
    }
    const browsers = (more: Record<string, string> = {}) =>
      createInstalledBrowsers({
        clock: systemClock(),
        platform: 'linux',
        environment: { ...environment, ...more },
      })
    return { browsers, seen: () => readFileSync(seen, 'utf8') }
  }

  test('are listed by name and open the address', async () => {
    const { browsers, seen } = home()
    expect(await browsers().list()).toContainEqual({ id: 'fox.desktop', name: 'Fox' })
    expect(await browsers().open('fox.desktop', url)).toEqual({ opened: true })
    expect(seen()).toBe(`${url}\n`)
  })

  test('one that is gone gives way to the system’s own; without a display there are none', async () => {
    const { browsers } = home()
    expect(await browsers().open('gone.desktop', url)).toBeNull()
    expect(await browsers({ DISPLAY: '' }).list()).toEqual([])
  })
})
