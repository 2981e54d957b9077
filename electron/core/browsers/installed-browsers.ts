import type { InstalledBrowser } from '../../../shared/contract/browser.ts'
import type { Browser } from '../ports.ts'
import { findBrowsers } from './find-browsers.ts'
import { startProgram, type ProgramDeps } from './start-program.ts'

export type InstalledBrowsers = {
  list(): Promise<InstalledBrowser[]>
  /** Null when there is no such browser any more: the system's own is the next best. */
  open(id: string, url: string): Promise<Awaited<ReturnType<Browser['open']>> | null>
}

/** Looked for anew each time it is asked: a browser may have come or gone, and nobody asks often. */
export function createInstalledBrowsers(
  deps: ProgramDeps & { platform: NodeJS.Platform },
): InstalledBrowsers {
  const find = () => findBrowsers(deps.platform, deps.environment)
  return {
    list: async () => (await find()).map(({ id, name }) => ({ id, name })),
    async open(id, url) {
      const browser = (await find()).find((each) => each.id === id)
      if (browser === undefined) return null
      const failure = await startProgram(browser.commandFor(url), deps)
      return failure === null ? { opened: true as const } : { opened: false as const, reason: failure }
    },
  }
}
