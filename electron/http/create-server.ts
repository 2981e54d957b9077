// Builds the local API over the core. Nothing listens yet: listen.ts opens the doors.
import type { RequestListener } from 'node:http'
import type { Keyway } from '../core/keyway.ts'
import { createOutgoing, type Outgoing } from '../core/network/outgoing.ts'
import { DEADLINES, type Deadlines } from './body-reader.ts'
import { createFrontDoor, type Handler } from './front-door.ts'
import { createGuessDelay } from './guess-delay.ts'
import type { HttpContext, ServerAddress } from './http-context.ts'
import { createOneTimeTickets } from './one-time-tickets.ts'
import { createProxyRoute } from './proxy/proxy-route.ts'
import type { Resolve } from './proxy/pinned-lookup.ts'
import { createRunningRequests } from './security/running-requests.ts'
import { createVendNotes } from './vend-notes.ts'
import { createWindowDoor, type WindowDoor } from './window/window-door.ts'
import type { LinkAsker } from './window/window-sessions.ts'

export type ServerOptions = {
  /** The core's way out, for proxied requests. Without it one is made from the settings and the environment. */
  outgoing?: Outgoing
  /** Serve the window to a browser (headless host): the folder of the built renderer. */
  windowFolder?: string
  /** Where the sessions of windows in a browser outlive a restart. Absent: nowhere. */
  windowSessionsFile?: string
  /** Brings the host's own window to the front, in place of one in a browser. */
  showWindow?: () => void
  /** Name resolution for proxied requests; the system's unless given. */
  resolve?: Resolve
  /** Others than the usual ones. */
  deadlines?: Partial<Deadlines>
}

export type LocalApi = {
  readonly handle: RequestListener
  readonly address: ServerAddress
  /** Loads everything that is otherwise loaded with the first request that needs it. */
  ready(): Promise<void>
  /** A link that lets one browser in, once, within minutes. Null without a window folder or before listening. */
  launchUrl(asker: LinkAsker): string | null
  /** Ends open event streams and what waits; calls that come from now on are told that Keyway is closing. */
  stop(): void
  /** Lets go of what was loaded. To be called when no request is under way any more. Twice is fine. */
  close(): Promise<void>
}

export function createServer(keyway: Keyway, options: ServerOptions = {}): LocalApi {
  const closing = new AbortController()
  const { outgoing, release } =
    options.outgoing === undefined ? ownOutgoing(keyway) : { outgoing: options.outgoing, release: null }
  const context: HttpContext = {
    openWindow() {
      if (options.showWindow !== undefined) {
        options.showWindow()
        return { shown: true }
      }
      if (window === null || context.address.url === null) return null
      keyway.presence.linkMade()
      const url = window.launchUrl('shell')
      return url === null ? null : { url }
    },
    keyway,
    outgoing,
    address: { url: null },
    tickets: createOneTimeTickets(keyway.clock),
    guesses: createGuessDelay(keyway.clock),
    vends: createVendNotes(keyway),
    deadlines: { ...DEADLINES, ...options.deadlines },
    running: createRunningRequests(keyway),
    closing: closing.signal,
  }
  const window =
    options.windowFolder === undefined
      ? null
      : createWindowDoor(context, options.windowFolder, options.windowSessionsFile ?? null)
  const framework = lazily(() => loadFramework(context, window))
  const handler: Handler = async (request, response) => {
    const { routing } = await framework()
    routing(request, response)
  }
  const proxy = createProxyRoute(context, options.resolve === undefined ? {} : { resolve: options.resolve })
  return {
    handle: createFrontDoor(context, handler, proxy),
    address: context.address,
    ready: async () => void (await framework()),
    launchUrl: (asker) => window?.launchUrl(asker) ?? null,
    stop: () => closing.abort(),
    async close() {
      closing.abort()
      context.running.close()
      await (await framework.started())?.close()
      await release?.()
    },
  }
}

async function loadFramework(context: HttpContext, window: WindowDoor | null) {
  const [{ createFramework }, { apiRoutes }] = await Promise.all([
    import('./framework/create-framework.ts'),
    import('./routes/api-routes.ts'),
  ])
  return createFramework(context, window === null ? apiRoutes : [...apiRoutes, window.routes])
}

function ownOutgoing(keyway: Keyway): { outgoing: Outgoing; release: () => Promise<void> } {
  const outgoing = createOutgoing({ settings: () => keyway.settings.get(), environment: process.env })
  const stop = keyway.settings.onChange(() => void outgoing.reset())
  return {
    outgoing,
    async release() {
      stop()
      await outgoing.close()
    },
  }
}

type Lazy<Value> = (() => Promise<Value>) & { started(): Promise<Value> | null }

function lazily<Value>(make: () => Promise<Value>): Lazy<Value> {
  let made: Promise<Value> | null = null
  const get = (): Promise<Value> => {
    made ??= make()
    return made
  }
  return Object.assign(get, { started: () => made })
}
