import type { BrowserWindow, WebContents } from 'electron'

export type OpenWindow = {
  readonly window: BrowserWindow
  readonly contents: WebContents
  /** Null until Chromium has made the page. */
  targetId(): string | null
  readonly opened: Promise<unknown>
  applyTheme(): void
}

/** Every open window, in the order of opening, and which of them has the focus. */
export type WindowRegistry = {
  all(): readonly OpenWindow[]
  add(window: OpenWindow): void
  remove(window: BrowserWindow): void
  focused(): BrowserWindow | null
  setFocused(window: BrowserWindow | null): void
  nextId(): number
}

export function createWindowRegistry(): WindowRegistry {
  let windows: readonly OpenWindow[] = []
  let focused: BrowserWindow | null = null
  let lastId = 0
  return {
    all: () => windows,
    add: (window) => {
      windows = [...windows, window]
    },
    remove: (window) => {
      windows = windows.filter((open) => open.window !== window)
      if (focused === window) focused = null
    },
    focused: () => focused,
    setFocused: (window) => {
      focused = window
    },
    nextId: () => ++lastId,
  }
}
