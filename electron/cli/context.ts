import { createLocalApi, type LocalApi } from './local-api.ts'
import { baseUrlFrom, keyFrom } from './reach.ts'
import type { Terminal } from './terminal.ts'

/** What a command works with. */
export type Context = {
  readonly terminal: Terminal
  readonly json: boolean
  readonly keyFrom: 'environment' | 'stdin'
  /** Where Keyway answers. */
  url(): string
  /** @throws KeywayError unauthorized without a key */
  api(): Promise<LocalApi>
  /** For the few calls that need no key. */
  openApi(): LocalApi
}

export function createContext(
  terminal: Terminal,
  { json, keyStdin }: { json: boolean; keyStdin: boolean },
): Context {
  const url = (): string => baseUrlFrom(terminal)
  const source = keyStdin ? 'stdin' : 'environment'
  return {
    terminal,
    json,
    keyFrom: source,
    url,
    api: async () => createLocalApi(url(), await keyFrom(terminal, source)),
    openApi: () => createLocalApi(url(), null),
  }
}

export type RunCommand = (context: Context, given: Readonly<Record<string, unknown>>) => Promise<number>
