// The local API at one place that stays: for tests and benchmarks. A running host's follows the settings
// (electron/http/server/local-server.ts).
import { asKeywayError } from '../../shared/contract/errors.ts'
import type { Keyway } from '../../electron/core/keyway.ts'
import { createServer, type ServerOptions } from '../../electron/http/server/app.ts'
import {
  listen,
  type Listening,
  type ListenOptions,
  openReturnDoor,
} from '../../electron/http/server/listener.ts'

export type RunningApi = Listening & {
  /** A link that lets one browser into the window, once. Null without `windowFolder`. */
  launchUrl(asker?: 'person' | 'shell'): string | null
}

/** @throws KeywayError port_busy; the core has been told then as well, so that the window can say it. */
export async function startLocalApi(
  keyway: Keyway,
  options: ServerOptions & ListenOptions,
): Promise<RunningApi> {
  const api = createServer(keyway, options)
  keyway.setLoopbackListenerFactory((host) => openReturnDoor(api, host))
  try {
    const listening = await listen(api, options)
    if (listening.socketFailure !== null) {
      keyway.logger.warn('The local socket could not be opened; the port works', {
        error: listening.socketFailure,
      })
    }
    keyway.serverChanged({
      url: listening.url,
      listening: true,
      failure: null,
      socketPath: listening.socketPath,
    })
    return {
      ...listening,
      launchUrl: (asker = 'person') => api.launchUrl(asker),
      async close(graceMs) {
        api.stop()
        await listening.close(graceMs)
        await api.close()
      },
    }
  } catch (error) {
    await api.close()
    const failure = asKeywayError(error)
    keyway.serverChanged({
      url: `http://127.0.0.1:${options.port}`,
      listening: false,
      failure,
      socketPath: null,
    })
    throw failure
  }
}
