import type { Protocol } from 'electron'
import { strict } from '../strict.ts'
import type { CustomSchemes } from './custom-scheme.ts'

export type SchemeHandler = (request: Request) => Response | Promise<Response>

export type ProtocolHandlers = {
  readonly protocol: Protocol
  /** The app's handler for a scheme, given without its colon. */
  find(scheme: string): SchemeHandler | undefined
}

/** `protocol` of one session; the old register… and intercept… families are left out on purpose. */
export function createProtocol(schemes: CustomSchemes, isReady: () => boolean): ProtocolHandlers {
  const handlers = new Map<string, SchemeHandler>()
  const protocol = {
    registerSchemesAsPrivileged: (customSchemes) => {
      if (isReady())
        throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
      schemes.register(customSchemes)
    },
    handle: (scheme, handler) => {
      if (handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`)
      if (!schemes.isKnown(scheme) && !['http', 'https', 'file'].includes(scheme)) {
        throw new Error(
          `The Electron stand-in needs ${scheme} in registerSchemesAsPrivileged before it is handled.`,
        )
      }
      handlers.set(scheme, handler)
    },
    unhandle: (scheme) => {
      if (!handlers.delete(scheme)) throw new Error(`Failed to unregister protocol: ${scheme}`)
    },
    isProtocolHandled: (scheme) => handlers.has(scheme),
  } satisfies Partial<Protocol>
  return { protocol: strict('protocol', protocol) as Protocol, find: (scheme) => handlers.get(scheme) }
}
