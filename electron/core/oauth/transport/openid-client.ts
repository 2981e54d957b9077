// Loads the openid-client library at the first sign-in or refresh, not at startup.
import type * as openid from 'openid-client'
import type { Configuration } from 'openid-client'

export type Library = typeof openid

export function loadLibrary(): Promise<Library> {
  return import('openid-client')
}

/**
 * Allows http for a configuration. Every address passed isSafeUrl before, so this only affects loopback. The
 * library marks the function as deprecated to make it visible, so it is looked up by name.
 */
export function allowLoopbackHttp(library: Library, config: Configuration): void {
  for (const extension of loopbackExtensions(library)) extension(config)
}

/**
 * The same for calls that build their own configuration: they look for this function among their extensions.
 */
export function loopbackExtensions(library: Library): Array<(config: Configuration) => void> {
  const allow: unknown = Reflect.get(library, 'allowInsecureRequests')
  return typeof allow === 'function' ? [allow as (config: Configuration) => void] : []
}
