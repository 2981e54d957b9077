import { EventEmitter } from 'node:events'
import type { App, LoginItemSettings, Menu, RelaunchOptions, Settings } from 'electron'
import { createEvent } from '../electron-event.ts'
import type { LaunchArguments } from '../launch-arguments.ts'
import { strict } from '../strict.ts'
import type { WindowRegistry } from '../window/window-registry.ts'
import type { AppManifest } from './app-manifest.ts'
import { createAppPaths } from './app-paths.ts'
import { createCommandLine } from './command-line.ts'
import { createQuitting } from './quitting.ts'
import { createSingleInstanceLock } from './single-instance-lock.ts'

/** What the app asked the system for, so that a spec can read it. */
export type SystemRequests = {
  relaunches: RelaunchOptions[]
  protocolClients: string[]
  badgeCount: number
}

export type StandInApp = {
  readonly app: App
  readonly requests: SystemRequests
  readonly onAllClosed: () => void
  isReady(): boolean
  /** Emits ready. */
  start(): void
}

export type AppDeps = {
  readonly executable: string
  readonly launch: LaunchArguments
  readonly manifest: AppManifest
  readonly registry: WindowRegistry
  readonly cleanUp: () => Promise<void>
  readonly getMenu: () => Menu | null
  readonly setMenu: (menu: Menu | null) => void
}

function createReadiness(emitter: EventEmitter) {
  let isReady = false
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    isReady: () => isReady,
    whenReady: () => promise,
    start: () => {
      isReady = true
      emitter.emit('will-finish-launching')
      emitter.emit('ready', createEvent(), {})
      resolve()
    },
  }
}

function createRequestMembers(requests: SystemRequests, deps: AppDeps) {
  let loginItem: LoginItemSettings = {
    openAtLogin: false,
    wasOpenedAtLogin: false,
    status: 'not-registered',
    executableWillLaunchAtLogin: false,
    launchItems: [],
  }
  return {
    relaunch: (options: RelaunchOptions = {}) => {
      requests.relaunches.push(options)
    },
    setAsDefaultProtocolClient: (scheme: string) => {
      if (!requests.protocolClients.includes(scheme)) requests.protocolClients.push(scheme)
      return true
    },
    isDefaultProtocolClient: (scheme: string) => requests.protocolClients.includes(scheme),
    removeAsDefaultProtocolClient: (scheme: string) => {
      const wasClient = requests.protocolClients.includes(scheme)
      requests.protocolClients = requests.protocolClients.filter((client) => client !== scheme)
      return wasClient
    },
    setLoginItemSettings: ({ openAtLogin = false }: Settings) => {
      const status = openAtLogin ? 'enabled' : 'not-registered'
      loginItem = { ...loginItem, openAtLogin, executableWillLaunchAtLogin: openAtLogin, status }
    },
    getLoginItemSettings: () => ({ ...loginItem }),
    setBadgeCount: (count = 0) => {
      requests.badgeCount = count
      return true
    },
    getBadgeCount: () => requests.badgeCount,
    get applicationMenu() {
      return deps.getMenu()
    },
    set applicationMenu(menu: Menu | null) {
      deps.setMenu(menu)
    },
  } satisfies Partial<App>
}

function createFactMembers(deps: AppDeps) {
  let { name } = deps.manifest
  const paths = createAppPaths({
    executable: deps.executable,
    appName: () => name,
    userDataSwitch: deps.launch.switches.get('user-data-dir'),
  })
  return {
    get name() {
      return name
    },
    set name(newName: string) {
      name = newName
    },
    getName: () => name,
    setName: (newName: string) => {
      name = newName
    },
    getVersion: () => deps.manifest.version,
    getAppPath: () => deps.manifest.appPath,
    getPath: (pathName: string) => paths.get(pathName),
    setPath: (pathName: string, path: string) => {
      paths.set(pathName, path)
    },
    setAppLogsPath: (path?: string) => {
      paths.set('logs', path ?? paths.get('logs'))
    },
    isPackaged: false,
    commandLine: createCommandLine(deps.launch.switches),
    dock: undefined,
    getLocale: () => 'en-US',
    getLocaleCountryCode: () => 'US',
    getSystemLocale: () => 'en-US',
    getPreferredSystemLanguages: () => ['en-US'],
    isHardwareAccelerationEnabled: () => false,
    // Answered by doing nothing: a headless window has no such thing to change.
    disableHardwareAcceleration: () => {},
    enableSandbox: () => {},
    setAppUserModelId: () => {},
    setDesktopName: () => {},
    setAboutPanelOptions: () => {},
    setUserTasks: () => true,
    isAccessibilitySupportEnabled: () => false,
  } satisfies Partial<App>
}

export function createApp(deps: AppDeps): StandInApp {
  const emitter = new EventEmitter()
  const requests: SystemRequests = { relaunches: [], protocolClients: [], badgeCount: 0 }
  const readiness = createReadiness(emitter)
  const quitting = createQuitting({ app: emitter, registry: deps.registry, cleanUp: deps.cleanUp })
  const facts = createFactMembers(deps)
  const lock = createSingleInstanceLock(
    () => facts.getPath('userData'),
    ({ argv, workingDirectory, additionalData }) => {
      // Electron promises that it comes after ready.
      void readiness.whenReady().then(() => {
        emitter.emit('second-instance', createEvent(), argv, workingDirectory, additionalData)
      })
    },
  )
  process.once('exit', lock.release)
  const members = {
    isReady: readiness.isReady,
    whenReady: readiness.whenReady,
    quit: quitting.quit,
    exit: quitting.exit,
    requestSingleInstanceLock: (additionalData = {}) =>
      lock.request({ argv: process.argv, workingDirectory: process.cwd(), additionalData }),
    hasSingleInstanceLock: lock.isHeld,
    releaseSingleInstanceLock: lock.release,
    focus: () => {
      deps.registry.all()[0]?.window.focus()
    },
  } satisfies Partial<App>
  for (const group of [facts, createRequestMembers(requests, deps), members]) {
    Object.defineProperties(emitter, Object.getOwnPropertyDescriptors(group))
  }
  return {
    app: strict('app', emitter) as unknown as App,
    requests,
    onAllClosed: quitting.onAllClosed,
    isReady: readiness.isReady,
    start: readiness.start,
  }
}
