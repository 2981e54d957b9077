import { app } from 'electron'
import type { Clock, Logger } from '../core/ports.ts'
import { shutDown } from '../core/shutdown.ts'

type Deps = {
  hasTray: boolean
  clock: Clock
  logger: Logger
  close: () => Promise<void>
  refreshUnderWay: () => boolean
}

/**
 * With a tray the app lives on when its window is closed. Quitting closes the core first, so that nothing rotated is lost; quitting again
 * does not hurry it.
 */
export function quitInOrder({ hasTray, ...core }: Deps): void {
  let state: 'running' | 'closing' | 'closed' = 'running'
  app.on('window-all-closed', () => {
    if (!hasTray) app.quit()
  })
  app.on('will-quit', (event) => {
    if (state === 'closed') return
    event.preventDefault()
    if (state === 'closing') return
    state = 'closing'
    const { ended } = shutDown({ ...core, isTerminal: false, say: (text) => core.logger.info(text) })
    void ended
      .catch((error: unknown) => core.logger.error('Keyway did not close in order', { error }))
      .finally(() => {
        state = 'closed'
        app.quit()
      })
  })
}
