import { app } from 'electron'

/** A rotation under way is waited for as long as it may take; a part that does not end keeps nobody longer. */
const QUIT_GRACE_MS = 26_000

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
