// The protocol library, loaded at the first sign-in or refresh and not at start-up.
import type * as openid from 'openid-client'
import type { Configuration } from 'openid-client'

export type Library = typeof openid

export function loadLibrary(): Promise<Library> {
  return import('openid-client')
}

/**
 * Lets a configuration speak http. Every address has passed isSafeUrl before, so this only ever means
 * loopback; the library marks the switch as deprecated so that it stands out, hence the look-up by name.
 */
export function allowLoopbackHttp(library: Library, config: Configuration): void {
  for (const extension of loopbackExtensions(library)) extension(config)
}

/**
 * The same for calls that make their own configuration: they look for this very function among their
 * extensions.
 */
export function loopbackExtensions(library: Library): Array<(config: Configuration) => void> {
  const allow: unknown = Reflect.get(library, 'allowInsecureRequests')
  return typeof allow === 'function' ? [allow as (config: Configuration) => void] : []
}
