// What a connection to the outside needs: name resolution, and the route that each request takes.
import type { Dispatcher } from 'undici'

/** Resolves the address of a connection; the token proxy pins the address that it has checked. */
export type Lookup = (
  hostname: string,
  options: object,
  callback: (
    error: Error | null,
    address: string | { address: string; family: number }[],
    family?: number,
  ) => void,
) => void

/** Dispatches each request directly or through a corporate proxy. */
export type Routes = Pick<Dispatcher, 'dispatch'> & {
  /** Whether a corporate proxy is used that resolves the name. */
  isProxied(origin: string): boolean
  close(): Promise<void>
}
