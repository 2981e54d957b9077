// What a window system would keep about a window. Chromium's headless windows are always drawn, so showing
// and hiding are facts of this model only.
import type { BrowserWindow, BrowserWindowConstructorOptions, Rectangle } from 'electron'
import { createEvent } from '../electron-event.ts'
import { whenOpen } from './page-target.ts'
import type { StandInContents } from './web-contents.ts'
import type { WindowRegistry } from './window-registry.ts'

export type WindowModel = {
  size(): { width: number; height: number }
  setTitle(title: string): void
  markDestroyed(): void
  members(page: StandInContents): object
}

type State = {
  bounds: Rectangle
  title: string
  isVisible: boolean
  isMinimized: boolean
  isMaximized: boolean
  isFullScreen: boolean
  isDestroyed: boolean
  isAlwaysOnTop: boolean
  minimumSize: number[]
  backgroundColor: string
}

type Parts = {
  readonly window: BrowserWindow
  readonly state: State
  readonly registry: WindowRegistry
  readonly page: StandInContents
}

function createShowing({ window, state, registry, page }: Parts) {
  const focus = (): void => {
    if (registry.focused() === window) return
    registry.focused()?.emit('blur', createEvent())
    registry.setFocused(window)
    page.contents.focus()
    window.emit('focus', createEvent())
  }
  const blur = (): void => {
    if (registry.focused() !== window) return
    registry.setFocused(null)
    window.emit('blur', createEvent())
  }
  const setVisible = (isVisible: boolean): void => {
    if (state.isVisible === isVisible) return
    state.isVisible = isVisible
    window.emit(isVisible ? 'show' : 'hide')
  }
  return {
    show: () => {
      setVisible(true)
      focus()
    },
    showInactive: () => {
      setVisible(true)
    },
    hide: () => {
      blur()
      setVisible(false)
    },
    focus,
    blur,
    isVisible: () => state.isVisible,
    isFocused: () => registry.focused() === window,
    minimize: () => {
      state.isMinimized = true
      blur()
      window.emit('minimize')
    },
    restore: () => {
      state.isMinimized = false
      window.emit('restore')
    },
    maximize: () => {
      state.isMaximized = true
      setVisible(true)
      window.emit('maximize')
    },
    unmaximize: () => {
      state.isMaximized = false
      window.emit('unmaximize')
    },
    isMinimized: () => state.isMinimized,
    isMaximized: () => state.isMaximized,
    isFullScreen: () => state.isFullScreen,
    isNormal: () => !state.isMinimized && !state.isMaximized && !state.isFullScreen,
    setFullScreen: (flag: boolean) => {
      state.isFullScreen = flag
      window.emit(flag ? 'enter-full-screen' : 'leave-full-screen')
    },
  } satisfies Partial<BrowserWindow>
}

function createBounds({ window, state, page }: Parts) {
  const setBounds = (bounds: Partial<Rectangle>): void => {
    state.bounds = { ...state.bounds, ...bounds }
    const { width, height } = state.bounds
    whenOpen(page.opened, async ({ session }) => {
      const { windowId } = await session.send('Browser.getWindowForTarget')
      await session.send('Browser.setContentsSize', { windowId, width, height })
    })
    window.emit(bounds.width === undefined ? 'move' : 'resize')
  }
  const getBounds = (): Rectangle => ({ ...state.bounds })
  return {
    getBounds,
    getNormalBounds: getBounds,
    getContentBounds: getBounds,
    setBounds,
    setContentBounds: setBounds,
    getSize: () => [state.bounds.width, state.bounds.height],
    getContentSize: () => [state.bounds.width, state.bounds.height],
    setSize: (width: number, height: number) => {
      setBounds({ width, height })
    },
    setContentSize: (width: number, height: number) => {
      setBounds({ width, height })
    },
    getPosition: () => [state.bounds.x, state.bounds.y],
    setPosition: (x: number, y: number) => {
      setBounds({ x, y })
    },
    center: () => {},
    getMinimumSize: () => state.minimumSize,
    setMinimumSize: (width: number, height: number) => {
      state.minimumSize = [width, height]
    },
  } satisfies Partial<BrowserWindow>
}

function createClosing({ window, state, page }: Parts) {
  const destroy = (): void => {
    if (state.isDestroyed) return
    page.markGone()
    whenOpen(page.opened, (target) => target.close())
  }
  return {
    destroy,
    close: () => {
      if (state.isDestroyed) return
      const event = createEvent()
      window.emit('close', event)
      if (!event.defaultPrevented) destroy()
    },
    isDestroyed: () => state.isDestroyed,
  } satisfies Partial<BrowserWindow>
}

function createLooks({ state, page }: Parts) {
  return {
    loadURL: page.contents.loadURL,
    loadFile: page.contents.loadFile,
    reload: page.contents.reload,
    capturePage: page.contents.capturePage,
    getTitle: () => state.title,
    setTitle: (title: string) => {
      state.title = title
    },
    getBackgroundColor: () => state.backgroundColor,
    setBackgroundColor: (color: string) => {
      state.backgroundColor = color
    },
    isAlwaysOnTop: () => state.isAlwaysOnTop,
    setAlwaysOnTop: (flag: boolean) => {
      state.isAlwaysOnTop = flag
    },
    // Looks of a window's frame, which a headless window does not have.
    setIcon: () => {},
    setMenu: () => {},
    removeMenu: () => {},
    setMenuBarVisibility: () => {},
    setAutoHideMenuBar: () => {},
    setTitleBarOverlay: () => {},
    setWindowButtonVisibility: () => {},
    setVibrancy: () => {},
    setBackgroundMaterial: () => {},
    setProgressBar: () => {},
    setOverlayIcon: () => {},
    setSkipTaskbar: () => {},
    setContentProtection: () => {},
    flashFrame: () => {},
    moveTop: () => {},
  } satisfies Partial<BrowserWindow>
}

export function createWindowModel(
  window: BrowserWindow,
  options: BrowserWindowConstructorOptions,
  registry: WindowRegistry,
): WindowModel {
  const { width = 800, height = 600, x = 0, y = 0 } = options
  const state: State = {
    bounds: { x, y, width, height },
    title: options.title ?? 'Electron',
    isVisible: options.show !== false,
    isMinimized: false,
    isMaximized: false,
    isFullScreen: options.fullscreen === true,
    isDestroyed: false,
    isAlwaysOnTop: options.alwaysOnTop === true,
    minimumSize: [options.minWidth ?? 0, options.minHeight ?? 0],
    backgroundColor: options.backgroundColor ?? '#FFFFFF',
  }
  return {
    size: () => ({ width, height }),
    setTitle: (title) => {
      state.title = title
    },
    markDestroyed: () => {
      state.isDestroyed = true
    },
    members: (page) => {
      const parts = { window, state, registry, page }
      if (state.isVisible) registry.setFocused(window)
      return {
        ...createShowing(parts),
        ...createBounds(parts),
        ...createClosing(parts),
        ...createLooks(parts),
      }
    },
  }
}
