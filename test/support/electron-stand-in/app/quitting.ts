// Electron's order of leaving: before-quit, every window is asked, will-quit, quit, and only then the process
// ends.
import type { EventEmitter } from 'node:events'
import { createEvent } from '../electron-event.ts'
import type { WindowRegistry } from '../window/window-registry.ts'

export type Quitting = {
  quit(): void
  exit(exitCode?: number): void
  /** The last window was closed by somebody else than quit(). */
  onAllClosed(): void
}

export type QuittingDeps = {
  readonly app: EventEmitter
  readonly registry: WindowRegistry
  /** Ends what the stand-in started. */
  readonly cleanUp: () => Promise<void>
}

export function createQuitting({ app, registry, cleanUp }: QuittingDeps): Quitting {
  let isQuitting = false
  let isLeaving = false

  const leave = (exitCode: number): void => {
    if (isLeaving) return
    isLeaving = true
    app.emit('quit', createEvent(), exitCode)
    void cleanUp().finally(() => process.exit(exitCode))
  }

  const finish = (): void => {
    const event = createEvent()
    app.emit('will-quit', event)
    if (event.defaultPrevented) isQuitting = false
    else leave(0)
  }

  return {
    quit: () => {
      if (isQuitting || isLeaving) return
      const event = createEvent()
      app.emit('before-quit', event)
      if (event.defaultPrevented) return
      isQuitting = true
      for (const { window } of registry.all()) window.close()
      if (registry.all().length === 0) finish()
      // A window refused to close, so the app stays.
      else isQuitting = false
    },
    exit: (exitCode = 0) => {
      if (isLeaving) return
      isQuitting = true
      for (const { window } of registry.all()) window.destroy()
      leave(exitCode)
    },
    onAllClosed: () => {
      if (isQuitting || isLeaving) return
      if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed')
      else finish()
    },
  }
}
