import type { Server } from 'node:net'

type Where = { port?: number; host?: string; path?: string; ipv6Only?: boolean; exclusive?: boolean }

/** Null once it listens; otherwise why not. A try/catch around `listen` never sees EADDRINUSE. */
export function tryListen(server: Server, where: Where): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error)
    server.once('error', failed)
    server.listen(where, () => {
      server.off('error', failed)
      resolve(null)
    })
  })
}
