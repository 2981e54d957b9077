// The window in a browser (headless host): a one-time launch link makes a cookie session. No app key opens the window, and its session opens
// nothing else.
import type { Framework } from '../framework/create-framework.ts'
import type { HttpContext } from '../http-context.ts'
import { createOneTimeTickets } from '../one-time-tickets.ts'
import { createWindowSessions, type LinkAsker } from './window-sessions.ts'

export type WindowDoor = {
  routes(app: Framework, context: HttpContext): Promise<void>
  /** A link of one use. Null before the server listens. */
  launchUrl(asker: LinkAsker): string | null
}

const LIFETIME_MS: Record<LinkAsker, number> = {
  person: 10 * 60_000,
  // Opened at once by the program that asked.
  shell: 2 * 60_000,
}

export function createWindowDoor(
  context: HttpContext,
  folder: string,
  sessionsFile: string | null,
): WindowDoor {
  const { clock, logger, presence } = context.keyway
  const launches = createOneTimeTickets<LinkAsker>(clock)
  const sessions = createWindowSessions({ clock, logger, presence, file: sessionsFile })
  return {
    async routes(app) {
      const { windowRoutes } = await import('./window-routes.ts')
      await windowRoutes(app, { context, folder, sessions, takeLaunch: launches.take })
    },
    launchUrl(asker) {
      const { url } = context.address
      if (url === null) return null
      return `${url}/launch?ticket=${launches.issue(asker, LIFETIME_MS[asker]).ticket}`
    },
  }
}
