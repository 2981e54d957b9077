import { asKeywayError, toErrorBody } from '../../shared/contract/errors.ts'
import type { ServerView } from '../../shared/contract/ui-api.ts'
import type { LoopbackHost } from '../../shared/domain/redirect-uri.ts'
import type { Keyway } from './keyway.ts'
import type { Logger, OpenReturnDoor, ReturnDoor } from './ports.ts'

/** What the local server last said of itself. */
export type ServerState = {
  view(): ServerView
  /** Null until it listens. */
  port(): number | null
  changed(server: Parameters<Keyway['serverChanged']>[0]): void
  /** How a listener of its own is opened for a sign-in. */
  opensDoorsBy(open: OpenReturnDoor): void
  /** Null where none can be opened; the local server's own port then does. */
  openDoor(host: LoopbackHost): Promise<ReturnDoor | null>
}

export function createServerState(version: string, logger: Logger): ServerState {
  let open: OpenReturnDoor | null = null
  let view: ServerView = { url: '', listening: false, failure: null, socketPath: null, version }
  return {
    view: () => view,
    port: () => (view.listening && URL.canParse(view.url) ? Number(new URL(view.url).port) || null : null),
    changed({ failure, ...server }) {
      view = { ...server, version, failure: failure === null ? null : toErrorBody(asKeywayError(failure)) }
    },
    opensDoorsBy(next) {
      open = next
    },
    openDoor: async (host) => {
      if (open === null) return null
      return open(host).catch((error: unknown) => {
        logger.warn('No free port could be opened for a sign-in', { host, error })
        return null
      })
    },
  }
}
