import { asKeywayError, toErrorBody } from '../../shared/contract/errors.ts'
import type { ServerView } from '../../shared/contract/ui-api.ts'
import type { Keyway } from './keyway.ts'

/** What the local server last said of itself. */
export type ServerState = {
  view(): ServerView
  /** Null until it listens. */
  port(): number | null
  changed(server: Parameters<Keyway['serverChanged']>[0]): void
}

export function createServerState(version: string): ServerState {
  let view: ServerView = { url: '', listening: false, failure: null, socketPath: null, version }
  return {
    view: () => view,
    port: () => (view.listening && URL.canParse(view.url) ? Number(new URL(view.url).port) || null : null),
    changed({ failure, ...server }) {
      view = { ...server, version, failure: failure === null ? null : toErrorBody(asKeywayError(failure)) }
    },
  }
}
