import { startChromium, type ChromiumProcess } from './chromium-process.ts'

export type ChromiumOnDemand = {
  start(): Promise<ChromiumProcess>
  /** Resolves when it has ended and its profile is gone. */
  end(): Promise<void>
  facts(): { pid: number; profilePath: string } | null
}

/** One Chromium for the life of the process; a second instance that hands over and leaves needs none. */
export function createChromiumOnDemand(executable: string): ChromiumOnDemand {
  let starting: Promise<ChromiumProcess> | null = null
  let running: ChromiumProcess | null = null
  let isEnding = false

  const startNow = async (): Promise<ChromiumProcess> => {
    const chromium = await startChromium(executable)
    running = chromium
    process.once('exit', chromium.kill)
    await chromium.cdp.browser.send('Target.setDiscoverTargets', { discover: true })
    void chromium.ended.then((lastLines) => {
      if (isEnding) return
      console.error(`Electron stand-in: Chromium ended by itself.\n${lastLines}`)
      process.exit(1)
    })
    return chromium
  }

  return {
    start: () => {
      starting ??= startNow()
      return starting
    },
    end: async () => {
      isEnding = true
      if (starting === null) return
      const chromium = await starting
      chromium.kill()
      await chromium.ended
    },
    facts: () => running && { pid: running.pid, profilePath: running.profilePath },
  }
}
