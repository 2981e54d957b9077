import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSettings } from '../../../electron/core/settings.ts'
import {
  followLoginItem,
  launchCommand,
  type LinkSchemeDeps,
  type LoginItemPlace,
  registerLinkScheme,
  loginItemProblem,
} from '../../../electron/desktop/system.ts'
import { desktopEntry, showsTrays } from '../../../electron/desktop/linux.ts'
import { createMemoryKeyValueStore, createMemoryLogger } from '../../support/memory-ports.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const execOf = (text: string): string => /^Exec=(.*)$/m.exec(text)?.[1] ?? ''

describe('a desktop entry', () => {
  test('starts a program whose path needs no quoting as it is', () => {
    const command = ['/opt/Keyway/keyway', '--hidden']
    expect(execOf(desktopEntry({ command, lines: [] }))).toBe('/opt/Keyway/keyway --hidden')
  })

  test('quotes what the specification reserves, and escapes it once more as a value', () => {
    const command = ['/home/ä b/$x`"\\100%.AppImage']
    const exec = execOf(desktopEntry({ command, fieldCode: '%u', lines: [] }))
    expect(exec).toBe(String.raw`"/home/ä b/\\$x\\` + '`' + String.raw`\\"\\\\100%%.AppImage" %u`)
  })

  test('cannot be given a further line by a path', () => {
    const text = desktopEntry({ command: ['/tmp/a\nHidden=true'], lines: [] })
    expect(text.split('\n').filter((line) => line.startsWith('Hidden'))).toEqual([])
  })
})

test('an AppImage is started by its file, a package by its program, a checkout through Electron', () => {
  const at = { execPath: '/mnt/x/keyway', appPath: '/src/keyway', environment: {} }
  expect(launchCommand({ ...at, isPackaged: true })).toEqual(['/mnt/x/keyway'])
  expect(launchCommand({ ...at, isPackaged: false })).toEqual(['/mnt/x/keyway', '/src/keyway'])
  const environment = { APPIMAGE: '/home/me/Keyway.AppImage' }
  expect(launchCommand({ ...at, isPackaged: true, environment })).toEqual(['/home/me/Keyway.AppImage'])
})

const notAsked = (): never => {
  throw new Error('Electron is not asked on Linux.')
}
const electron = {
  isPackaged: true,
  getLoginItemSettings: notAsked,
  setLoginItemSettings: notAsked,
  isDefaultProtocolClient: notAsked,
  setAsDefaultProtocolClient: notAsked,
}

describe('start at login on Linux', () => {
  function following(environment: Record<string, string>, home = '/nonexistent') {
    const logger = createMemoryLogger()
    const settings = createSettings({
      store: createMemoryKeyValueStore(),
      logger,
      box: { seal: notAsked, open: notAsked },
    })
    const place: LoginItemPlace = {
      app: electron,
      platform: 'linux',
      command: ['/opt/k'],
      home,
      environment,
    }
    return { settings, logger, stop: followLoginItem({ settings, logger }, place) }
  }

  test('is an autostart entry that comes and goes with the setting', () => {
    const config = tempFolder()
    const file = join(config, 'autostart', 'keyway.desktop')
    const { settings, stop } = following({ XDG_CONFIG_HOME: config })
    expect(existsSync(file)).toBe(false)
    settings.update({ startAtLogin: true })
    expect(execOf(readFileSync(file, 'utf8'))).toBe('/opt/k --hidden')
    settings.update({ startAtLogin: false })
    expect(existsSync(file)).toBe(false)
    stop()
  })

  test('is in ~/.config where nothing else is said', () => {
    const home = tempFolder()
    following({ XDG_CONFIG_HOME: 'relative' }, home).settings.update({ startAtLogin: true })
    expect(existsSync(join(home, '.config', 'autostart', 'keyway.desktop'))).toBe(true)
  })

  test('goes back to off, in the window too, where no entry can be written', () => {
    const config = tempFolder()
    writeFileSync(join(config, 'autostart'), 'a file in the way')
    const { settings, logger } = following({ XDG_CONFIG_HOME: config })
    settings.update({ startAtLogin: true })
    expect(settings.get().startAtLogin).toBe(false)
    expect(logger.lines).toMatchObject([{ level: 'warn' }])
  })

  test('is refused with a reason only where a checkout would start a bare Electron', () => {
    const at = (platform: NodeJS.Platform, isPackaged: boolean) =>
      loginItemProblem({ app: { ...electron, isPackaged }, platform })
    expect([at('linux', false), at('darwin', true), at('win32', true)]).toEqual([null, null, null])
    expect(at('darwin', false)).toContain('installed')
  })
})

describe('keyway:// addresses on Linux', () => {
  /** A desktop that registers what it is told, or nothing. */
  function onDesktop(kind: 'obedient' | 'deaf' | 'bare', more: Partial<LinkSchemeDeps> = {}) {
    const home = tempFolder()
    const asked: string[] = []
    let chosen = 'another.desktop'
    const scheme = registerLinkScheme({
      app: electron,
      platform: 'linux',
      command: ['/opt/k'],
      home,
      environment: {},
      logger: () => null,
      ask: async (program, parameters) => {
        asked.push([program, ...parameters].join(' '))
        if (kind === 'bare') return null
        if (parameters[0] === 'default' && kind === 'obedient') chosen = parameters[1] ?? ''
        return parameters[0] === 'query' ? chosen : ''
      },
      ...more,
    })
    return { scheme, asked, file: join(home, '.local/share/applications/keyway-links.desktop') }
  }

  test('are offered once the desktop itself names this Keyway for them', async () => {
    const { scheme, file } = onDesktop('obedient')
    expect(scheme.works()).toBe(false)
    await scheme.settled
    expect(scheme.works()).toBe(true)
    const text = readFileSync(file, 'utf8')
    expect(execOf(text)).toBe('/opt/k %u')
    expect(text).toContain('MimeType=x-scheme-handler/keyway;')
  })

  test.each(['deaf', 'bare'] as const)('are not offered on a %s desktop', async (kind) => {
    const { scheme } = onDesktop(kind)
    await scheme.settled
    expect(scheme.works()).toBe(false)
  })

  test('are not offered where no entry can be written', async () => {
    const home = tempFolder()
    mkdirSync(join(home, '.local'))
    writeFileSync(join(home, '.local', 'share'), 'a file in the way')
    const { scheme } = onDesktop('obedient', { home })
    await scheme.settled
    expect(scheme.works()).toBe(false)
  })

  test('are left alone by a checkout', async () => {
    const { scheme, asked, file } = onDesktop('obedient', { app: { ...electron, isPackaged: false } })
    await scheme.settled
    expect([scheme.works(), asked, existsSync(file)]).toEqual([false, [], false])
  })
})

test('a tray is taken for absent only where a Wayland desktop says that nobody shows one', async () => {
  const wayland = { WAYLAND_DISPLAY: 'wayland-0' }
  const shows = (answer: string | null, environment: Record<string, string> = wayland) =>
    showsTrays({ platform: 'linux', environment, ask: async () => answer })
  expect(await shows('   boolean false')).toBe(false)
  expect(await shows('   boolean true')).toBe(true)
  expect(await shows(null)).toBe(true)
  expect(await shows('   boolean false', { DISPLAY: ':0' })).toBe(true)
})
