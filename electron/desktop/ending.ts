import { app } from 'electron'

/** A rotation under way is waited for, but the machine is not kept from shutting down for ever. */
const QUIT_GRACE_MS = 8000

type Deps = { hasTray: boolean; close: () => Promise<void> }

/** With a tray the app lives on when its window is closed. Quitting closes the core first, so that nothing rotated is lost. */
export function endWith({ hasTray, close }: Deps): void {
  let state: 'running' | 'closing' | 'closed' = 'running'
  app.on('window-all-closed', () => {
    if (!hasTray) app.quit()
  })
  app.on('will-quit', (event) => {
    if (state === 'closed') return
    event.preventDefault()
    if (state === 'closing') return
    state = 'closing'
    const patience = new Promise<void>((resolve) => void setTimeout(resolve, QUIT_GRACE_MS).unref())
    void Promise.race([close(), patience]).finally(() => {
      state = 'closed'
      app.quit()
    })
  })
}
