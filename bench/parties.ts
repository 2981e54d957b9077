// The processes that most benchmarks need, started together and ended together.
import type { KeywayInput, KeywayQuestion, KeywayReady } from './servers/keyway.ts'
import { startChild, type ChildServer } from './child-server.ts'

export type Parties = {
  upstream: ChildServer<{ port: number }>
  keyway: ChildServer<KeywayReady>
  /** Asks the keyway process. */
  ask<Answer>(question: KeywayQuestion): Promise<Answer>
  /** Changes how the token endpoint behaves; answers how many requests it has had. */
  tellProvider(told: { delayMs?: number; expiresIn?: number }): Promise<{ refreshes: number }>
  close(): Promise<void>
}

export async function startParties(
  options: Omit<KeywayInput, 'upstreamPort'> & { expiresIn?: number } = {},
): Promise<Parties> {
  const { expiresIn, ...input } = options
  const upstream = await startChild<{ port: number }>('upstream.ts')
  if (expiresIn !== undefined) await upstream.ask({ expiresIn })
  const keyway = await startChild<KeywayReady>(
    'keyway.ts',
    { ...input, upstreamPort: upstream.ready.port },
    { execArgv: ['--expose-gc'] },
  )
  return {
    upstream,
    keyway,
    ask: async <Answer>(question: KeywayQuestion) => (await keyway.ask(question)) as Answer,
    tellProvider: async (told) => (await upstream.ask(told)) as { refreshes: number },
    async close() {
      await keyway.close()
      await upstream.close()
    },
  }
}

export const hostHeader = (port: number) => ({ Host: `127.0.0.1:${port}` })

/** What a program sends on every call. */
export const withKey = ({ ready }: ChildServer<KeywayReady>) => ({
  ...hostHeader(ready.port),
  'X-API-Key': ready.key,
})
