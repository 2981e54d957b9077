// The window in a browser (headless host): a one-time launch link makes a cookie session. No app key opens the window, and its session opens
// nothing else.
import type { Framework } from '../framework/create-framework.ts'
import type { HttpContext } from '../http-context.ts'
import { createOneTimeTickets } from '../one-time-tickets.ts'
import { createWindowSessions } from './window-sessions.ts'

export type WindowDoor = {
  routes(app: Framework, context: HttpContext): Promise<void>
  /** Null before the server listens. */
  launchUrl(): string | null
}

const LAUNCH_LIFETIME_MS = 10 * 60_000

export function createWindowDoor(context: HttpContext, folder: string): WindowDoor {
  const { clock } = context.keyway
  const launches = createOneTimeTickets<true>(clock)
  const sessions = createWindowSessions(clock)
  return {
    async routes(app) {
      const { windowRoutes } = await import('./window-routes.ts')
      await windowRoutes(app, {
        context,
        folder,
        sessions,
        takeLaunch: (ticket) => launches.take(ticket) === true,
      })
    },
    launchUrl() {
      const { url } = context.address
      if (url === null) return null
      return `${url}/launch?ticket=${launches.issue(true, LAUNCH_LIFETIME_MS).ticket}`
    },
  }
}
