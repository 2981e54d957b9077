// Starts the desktop app for a spec, in Electron where its binary is there and in the stand-in elsewhere.
// What a person or the system would do from outside the window (tray, browser, dialogs, a second start) is
// reached through `Desktop`, the same for both drivers.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from '@playwright/test'
import { z } from 'zod'
import { findChromium } from './chromium.ts'

const projectPath = join(import.meta.dirname, '..', '..')
const recorderPath = join(import.meta.dirname, 'desktop-recorder.cjs')
const standInPath = join(import.meta.dirname, 'electron-stand-in', 'electron')

export type DesktopOptions = {
  /** The app's data folder; the spec owns it. */
  readonly userData: string
  readonly env?: Readonly<Record<string, string>>
  /** What a person or the system would put on the command line, a deep link for instance. */
  readonly args?: readonly string[]
  /** A folder with a package.json; the project's own by default, so the built `out/main/main.js`. */
  readonly appPath?: string
  /** Null lets the app decide through nativeTheme; Playwright would otherwise insist on light. */
  readonly colorScheme?: 'light' | 'dark' | null
  /** What `findDesktopDriver` finds, by default. */
  readonly driver?: DesktopDriver
}

export type MenuEntry = {
  label: string
  type: string
  isEnabled: boolean
  isChecked: boolean
  submenu: MenuEntry[]
}
export type TrayState = { toolTip: string; menu: MenuEntry[] }
export type ShownDialog = { kind: string; title: string; message: string }
type ShownNotification = { title: string; body: string }

export type Desktop = {
  readonly app: ElectronApplication
  readonly driver: DesktopDriver
  /** Every URL that the app gave to the system's browser. */
  opened(): Promise<string[]>
  trays(): Promise<TrayState[]>
  /** Clicks an entry of the first tray's menu, named by the labels that lead to it. */
  clickTray(...labels: string[]): Promise<void>
  notifications(): Promise<ShownNotification[]>
  clickNotification(index: number): Promise<void>
  dialogs(): Promise<ShownDialog[]>
  /** What the next dialog will answer, in the shape that Electron's dialog returns. */
  answerDialog(answer: unknown): Promise<void>
  /** The address as the app knows it (`app://…`); the stand-in's page has another one. */
  addressOf(page: Page): Promise<string>
  emitPowerEvent(name: 'suspend' | 'resume' | 'lock-screen' | 'unlock-screen' | 'shutdown'): Promise<void>
  /** Starts the app once more with the same data and waits for it to leave. @returns its exit code. */
  startAgain(args: readonly string[]): Promise<number | null>
  close(): Promise<void>
}

export type DesktopDriver = {
  readonly kind: 'electron' | 'stand-in'
  readonly executablePath: string
  /** One line for the person who reads the test run. */
  describe(): string
}

type RecordedMenu = {
  items: Array<{ label: string; type: string; enabled: boolean; checked: boolean; submenu?: unknown }>
}

/** What desktop-recorder.cjs keeps in the main process. */
type Recording = {
  opened: string[]
  trays: Array<{ toolTip: string; menu: RecordedMenu | null }>
  notifications: Array<{ title: string; body: string; emit(name: string, event: object): void }>
  dialogs: ShownDialog[]
  answers: unknown[]
}

declare global {
  /** In the app's main process only. */
  var __desktop: Recording
}

/** The binary as electron/index.js would find it, without its download when there is none. */
function findElectronBinary(): string | null {
  const folder = join(projectPath, 'node_modules', 'electron')
  const pathFile = join(folder, 'path.txt')
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : null
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  const binary =
    override === undefined ? name && join(folder, 'dist', name) : join(override, name ?? 'electron')
  return binary !== null && existsSync(binary) ? binary : null
}

function readElectronVersion(): string {
  const text = readFileSync(join(projectPath, 'node_modules', 'electron', 'package.json'), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}

function readChromiumVersion(): string {
  const { stdout } = spawnSync(findChromium(), ['--version'], { encoding: 'utf8' })
  return /\d+/.exec(stdout)?.[0] ?? '(unknown version)'
}

/** Electron where its binary is; `KEYWAY_DESKTOP_DRIVER=stand-in` chooses the stand-in all the same. */
export function findDesktopDriver(): DesktopDriver {
  const binary = process.env['KEYWAY_DESKTOP_DRIVER'] === 'stand-in' ? null : findElectronBinary()
  if (binary !== null) {
    return {
      kind: 'electron',
      executablePath: binary,
      describe: () => `desktop driver: Electron ${readElectronVersion()}`,
    }
  }
  return findStandIn()
}

export function findStandIn(): DesktopDriver {
  return {
    kind: 'stand-in',
    executablePath: standInPath,
    describe: () => `desktop driver: stand-in on Chromium ${readChromiumVersion()}`,
  }
}

/** Starts the app without waiting for a window: it may live in the tray only. */
async function startDesktop(options: DesktopOptions): Promise<Desktop> {
  const driver = options.driver ?? findDesktopDriver()
  const recorder = driver.kind === 'electron' ? ['-r', recorderPath] : []
  const args = [...recorder, options.appPath ?? projectPath, `--user-data-dir=${options.userData}`]
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...process.env, ...options.env }))
    if (value !== undefined) env[name] = value
  const app = await _electron.launch({
    // Playwright itself prepares Electron, and only when it may choose the binary.
    ...(driver.kind === 'stand-in' && { executablePath: driver.executablePath }),
    args: [...args, ...(options.args ?? [])],
    env,
    cwd: projectPath,
    colorScheme: options.colorScheme ?? null,
  })
  const startAgain = (more: readonly string[]): Promise<number | null> =>
    new Promise((resolve, reject) => {
      const sandbox = process.platform === 'linux' ? ['--no-sandbox'] : []
      const second = spawn(driver.executablePath, [...sandbox, ...args, ...more], {
        env,
        cwd: projectPath,
        stdio: 'inherit',
      })
      second.once('error', reject)
      second.once('exit', resolve)
    })
  return { app, driver, startAgain, close: () => app.close(), ...createOutside(app) }
}

/** Starts the app and waits until its first window has a document. */
export async function launchDesktop(options: DesktopOptions): Promise<Desktop & { readonly window: Page }> {
  const desktop = await startDesktop(options)
  const window = await desktop.app.firstWindow()
  await window.waitForURL((url) => url.href !== 'about:blank', { waitUntil: 'domcontentloaded' })
  return { ...desktop, window }
}

/** The functions given to `evaluate` run in the app's main process. */
function createOutside(app: ElectronApplication): Omit<Desktop, 'app' | 'driver' | 'startAgain' | 'close'> {
  return {
    opened: () => app.evaluate(() => globalThis.__desktop.opened),
    trays: () => app.evaluate(readTrays),
    clickTray: (...labels) => app.evaluate(clickTrayEntry, labels),
    notifications: () =>
      app.evaluate(() => globalThis.__desktop.notifications.map(({ title, body }) => ({ title, body }))),
    clickNotification: (index) =>
      app.evaluate((_electronModule, position) => {
        const shown = globalThis.__desktop.notifications[position]
        if (!shown) throw new Error(`There is no notification ${position}.`)
        shown.emit('click', {})
      }, index),
    dialogs: () =>
      app.evaluate(() =>
        globalThis.__desktop.dialogs.map(({ kind, title, message }) => ({
          kind,
          title,
          message,
        })),
      ),
    answerDialog: (answer) =>
      app.evaluate((_electronModule, queued) => {
        globalThis.__desktop.answers.push(queued)
      }, answer),
    addressOf: async (page) => {
      const window = await app.browserWindow(page)
      return window.evaluate((browserWindow) => browserWindow.webContents.getURL())
    },
    emitPowerEvent: (name) =>
      app.evaluate(({ powerMonitor }, event) => {
        powerMonitor.emit(event)
      }, name),
  }
}

function readTrays(): TrayState[] {
  type Items = RecordedMenu['items']
  const read = (items: Items): MenuEntry[] =>
    items.map(({ label, type, enabled, checked, submenu }) => ({
      label,
      type,
      isEnabled: enabled,
      isChecked: checked,
      submenu: read((submenu as RecordedMenu | undefined | null)?.items ?? []),
    }))
  const { trays } = globalThis.__desktop
  return trays.map(({ toolTip, menu }) => ({ toolTip, menu: read(menu?.items ?? []) }))
}

function clickTrayEntry(_electronModule: unknown, labels: string[]): void {
  type Item = RecordedMenu['items'][number] & { click(): void }
  let menu = globalThis.__desktop.trays[0]?.menu
  let item: Item | undefined
  for (const label of labels) {
    item = menu?.items.find((candidate) => candidate.label === label) as Item | undefined
    if (!item)
      throw new Error(
        `The tray has no entry ${label}; it has ${menu?.items.map((entry) => entry.label).join(', ')}.`,
      )
    menu = item.submenu as RecordedMenu | undefined
  }
  if (!item?.enabled) throw new Error(`The tray's entry ${labels.join(' > ')} is disabled.`)
  item.click()
}
