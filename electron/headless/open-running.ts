// A second start on the data folder of a running Keyway opens the running one's window.
import { setTimeout as pause } from 'node:timers/promises'
import { asKeywayError } from '../../shared/contract/errors.ts'
import { requestWindow, type RunningWindow } from '../core/running-service.ts'
import { systemClock } from '../core/ports.ts'
import { createBrowserOpener } from './browser-opener.ts'

/** The first process may still be starting. */
const TRIES = 10
const BETWEEN_TRIES_MS = 300

export type SecondStart = {
  dataFolder: string
  open: boolean
  environment: Readonly<Record<string, string | undefined>>
  say: (line: string) => void
}

/**
 * True when the running Keyway responded and its window is open or its link printed. False: nothing responds
 * at its socket.
 */
export async function openRunning({ dataFolder, open, environment, say }: SecondStart): Promise<boolean> {
  const running = await requestOpen(dataFolder)
  if (running === null) return false
  say('Keyway runs already for this data folder.')
  if (running.url === null) {
    say('Its window is in front.')
    return true
  }
  const browser = createBrowserOpener({ clock: systemClock(), platform: process.platform, environment })
  const opened = open ? await browser.open(running.url, null) : null
  if (opened?.opened === true) say('Its window opens in your browser.')
  else {
    if (opened !== null) say(`No browser was opened: ${opened.reason}`)
    say(`Open ${running.url}`)
    say('That link works once, for two minutes.')
  }
  return true
}

async function requestOpen(dataFolder: string): Promise<RunningWindow | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await requestWindow(dataFolder)
    } catch (error) {
      if (asKeywayError(error).code !== 'keyway_unreachable') throw error
      if (attempt === TRIES) return null
      await pause(BETWEEN_TRIES_MS)
    }
  }
}
