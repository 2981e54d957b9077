// Electron's BrowserWindow: visibility, focus and bounds are a model; the page behind it is real.
import { EventEmitter } from 'node:events'
import type { BrowserWindow, BrowserWindowConstructorOptions, WebContents } from 'electron'
import { createEvent } from '../electron-event.ts'
import type { Sessions, StandInSession } from '../session/session.ts'
import { strict } from '../strict.ts'
import { createWebContents, type ContentsDeps, type StandInContents } from './web-contents.ts'
import type { WindowRegistry } from './window-registry.ts'
import { assertHardened } from './web-preferences.ts'
import { createWindowModel } from './window-model.ts'

export type BrowserWindowClass = typeof BrowserWindow

export type BrowserWindowDeps = Omit<ContentsDeps, 'openWindow'> & {
  readonly registry: WindowRegistry
  readonly sessions: Sessions
  readonly isReady: () => boolean
  /** Electron's `app`, for the events about windows and contents. */
  readonly app: () => EventEmitter
  readonly onAllClosed: () => void
}

export function createBrowserWindowClass(deps: BrowserWindowDeps): BrowserWindowClass {
  const { registry } = deps

  const pickSession = ({ webPreferences = {} }: BrowserWindowConstructorOptions): StandInSession => {
    if (webPreferences.session) return deps.sessions.behind(webPreferences.session)
    return webPreferences.partition === undefined
      ? deps.sessions.defaultSession
      : deps.sessions.fromPartition(webPreferences.partition)
  }

  class StandInBrowserWindow extends EventEmitter {
    static getAllWindows(): BrowserWindow[] {
      return registry.all().map(({ window }) => window)
    }

    static getFocusedWindow(): BrowserWindow | null {
      return registry.focused()
    }

    static fromId(id: number): BrowserWindow | null {
      return registry.all().find(({ window }) => window.id === id)?.window ?? null
    }

    static fromWebContents(contents: WebContents): BrowserWindow | null {
      return registry.all().find((open) => open.contents === contents)?.window ?? null
    }

    constructor(options: BrowserWindowConstructorOptions = {}) {
      super()
      if (!deps.isReady()) throw new Error('Cannot create BrowserWindow before app is ready')
      assertHardened(options.webPreferences ?? {})
      const proxy = strict('BrowserWindow', this) as unknown as BrowserWindow
      this.#open(proxy, options)
      return proxy as unknown as this
    }

    #open(window: BrowserWindow, options: BrowserWindowConstructorOptions): void {
      const id = registry.nextId()
      const model = createWindowModel(window, options, registry)
      const page = createWebContents(
        {
          id,
          size: model.size(),
          preferences: options.webPreferences ?? {},
          session: pickSession(options),
          onTitle: (title) => {
            const event = createEvent()
            page.contents.emit('page-title-updated', event, title, true)
            this.emit('page-title-updated', event, title, true)
            if (!event.defaultPrevented) model.setTitle(title)
          },
          onClose: () => {
            model.markDestroyed()
            registry.remove(window)
            this.emit('closed')
            if (registry.all().length === 0) deps.onAllClosed()
          },
        },
        {
          ...deps,
          openWindow: (details, overrides) => {
            const opened = new StandInBrowserWindow({
              ...overrides,
              webPreferences: { ...overrides.webPreferences },
            })
            page.contents.emit('did-create-window', opened, details)
            void (opened as unknown as BrowserWindow).loadURL(details.url)
          },
        },
      )
      this.#connect(window, page, model.members(page), id)
    }

    #connect(window: BrowserWindow, page: StandInContents, members: object, id: number): void {
      const { contents } = page
      Object.defineProperties(
        this,
        Object.getOwnPropertyDescriptors({ id, webContents: contents, ...members }),
      )
      contents.once('dom-ready', () => {
        this.emit('ready-to-show', createEvent())
      })
      contents.on('render-process-gone', (_event, details) => {
        deps.app().emit('render-process-gone', createEvent(), contents, details)
      })
      registry.add({
        window,
        contents,
        targetId: page.targetId,
        opened: page.opened,
        applyTheme: page.applyTheme,
      })
      deps.app().emit('web-contents-created', createEvent(), contents)
      deps.app().emit('browser-window-created', createEvent(), window)
    }
  }
  return strict('BrowserWindow', StandInBrowserWindow) as unknown as BrowserWindowClass
}
