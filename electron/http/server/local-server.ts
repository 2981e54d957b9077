// The local API of a running service. It moves when the settings change where it listens. The old listeners
// are closed only when the new ones are open, so a refused change changes nothing. Window sessions and links
// stay valid, because the API behind is the same.
import { asKeywayError } from '../../../shared/contract/errors.ts'
import type { Settings } from '../../../shared/contract/settings.ts'
import type { Keyway } from '../../core/keyway.ts'
import { createServer, type LocalApi, type ServerOptions } from './app.ts'
import {
  listen,
  listenOnLocalSocket,
  type Listening,
  type ListenOptions,
  openReturnDoor,
} from './listener.ts'
import type { StartupListener } from './startup-listener.ts'

export type LocalServerOptions = ServerOptions &
  Pick<ListenOptions, 'port' | 'host'> & {
    /** Where the local socket belongs; null where none can be. */
    socketPath: string | null
    /** It listens somewhere (else) now. */
    onListening: (url: string) => Promise<void>
    /** Listens already; taken over when it has the port that is wanted. */
    startupListener?: StartupListener | null
    /** `wait`: a port that is busy at the start is said in the window, where another can be chosen. */
    whenBusy: 'fail' | 'wait'
  }

export type LocalServer = {
  /** `http://127.0.0.1:<port>`, of the port that was wanted while it does not listen. */
  readonly url: string
  /** Null without `windowFolder`, or while it does not listen. */
  launchUrl(): string | null
  /** Twice is fine. */
  close(): Promise<void>
}

type LocalSocket = Awaited<ReturnType<typeof listenOnLocalSocket>>
type Place = {
  tcp: Listening | null
  localSocket: LocalSocket | null
  url: string
  /** Listeners that answer their last callers. */
  leaving: Set<Promise<void>>
}

/**
 * From then on a change of port or local socket in the settings acts at once. @throws KeywayError port_busy,
 * with `whenBusy: 'fail'`
 */
export async function openLocalServer(keyway: Keyway, options: LocalServerOptions): Promise<LocalServer> {
  const api = createServer(keyway, options)
  keyway.setLoopbackListenerFactory((host) => openReturnDoor(api, host))
  const place: Place = {
    tcp: null,
    localSocket: null,
    url: `http://127.0.0.1:${options.port}`,
    leaving: new Set(),
  }
  const moving = { keyway, api, options, place }
  try {
    await start(moving)
    options.startupListener?.handOver(api.handle)
  } catch (error) {
    tell(moving, error)
    if (options.whenBusy === 'fail') {
      await api.close()
      throw error
    }
    keyway.logger.warn('The local server does not listen', { error })
  }
  keyway.controlServer((wanted) => move(moving, wanted))
  let closing: Promise<void> | null = null
  return {
    get url() {
      return place.url
    },
    launchUrl: () => api.launchUrl('person'),
    close: () =>
      (closing ??= (async () => {
        api.stop()
        await Promise.all([place.tcp?.close(), place.localSocket?.close(), ...place.leaving])
        await api.close()
      })()),
  }
}

type Moving = { keyway: Keyway; api: LocalApi; options: LocalServerOptions; place: Place }

/**
 * A local socket that cannot be opened does not cost the port at a start; the person did not ask for it
 * just now.
 */
async function start(moving: Moving): Promise<void> {
  const { keyway, options } = moving
  const { socketDoor } = keyway.settings.get()
  await move(moving, { port: options.port, socketDoor: false })
  if (!socketDoor) return
  await move(moving, { port: moving.place.tcp?.port ?? options.port, socketDoor }).catch((error: unknown) =>
    keyway.logger.warn('The local socket could not be opened; the port works', { error }),
  )
}

async function move(moving: Moving, wanted: Pick<Settings, 'port' | 'socketDoor'>): Promise<void> {
  const { api, options, place, keyway } = moving
  const { socketPath, host } = options
  const isThere = place.tcp !== null && place.tcp.port === wanted.port
  const tcp = isThere
    ? place.tcp
    : (takeOver(moving, wanted.port) ??
      (await listen(api, { port: wanted.port, ...(host === undefined ? {} : { host }) })))
  const before = { ...place }
  try {
    if (wanted.socketDoor && place.localSocket === null && socketPath !== null)
      place.localSocket = await listenOnLocalSocket(api, socketPath)
  } catch (error) {
    if (!isThere) await tcp?.close(0)
    if (before.tcp !== null) api.address.url = before.url
    throw error
  }
  if (!wanted.socketDoor) place.localSocket = null
  place.tcp = tcp
  place.url = tcp?.url ?? place.url
  // Not waited for: the call that asked for the move may itself stand on a connection of the old place.
  if (before.tcp !== tcp) leave(place, before.tcp)
  if (before.localSocket !== place.localSocket) leave(place, before.localSocket)
  tell(moving, null)
  if (isThere) return
  await options
    .onListening(place.url)
    .catch((error: unknown) =>
      keyway.logger.warn('Where the local server listens could not be noted for a second start', { error }),
    )
}

/** Only at the start, when there is no place yet. */
function takeOver({ options, place, api }: Moving, port: number): Listening | null {
  const { startupListener } = options
  if (startupListener === undefined || startupListener === null || place.tcp !== null) return null
  if (startupListener.wantedPort !== port) return null
  api.address.url = startupListener.listening.url
  return startupListener.listening
}

function leave({ leaving }: Place, old: Pick<Listening, 'close'> | null): void {
  if (old === null) return
  const left = old.close().finally(() => leaving.delete(left))
  leaving.add(left)
}

function tell({ keyway, place }: Moving, failure: unknown): void {
  keyway.serverChanged({
    url: place.url,
    listening: place.tcp !== null,
    failure: failure === null ? null : asKeywayError(failure),
    socketPath: place.localSocket?.socketPath ?? null,
  })
}
