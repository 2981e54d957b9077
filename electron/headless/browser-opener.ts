// Opens the system browser from a process without a window of its own. Failing is a warning: whoever asked shows the link instead.
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Browser, Clock } from '../core/ports.ts'

type Command = { program: string; parameters: readonly string[] }

export type BrowserOpenerDeps = {
  clock: Clock
  platform: NodeJS.Platform
  environment: Readonly<Record<string, string | undefined>>
}

/** A browser that stays in the foreground is taken for opened after this. */
const SETTLED_AFTER_MS = 3_000

export function createBrowserOpener(deps: BrowserOpenerDeps): Browser {
  return {
    async open(url) {
      // Only web pages: an opener hands other schemes to any program that registered for them.
      if (!/^https?:\/\//.test(url)) return { opened: false, reason: 'That is no web address.' }
      const commands = openersFor(url, deps)
      let reason = noOpener(deps)
      for (const command of commands) {
        const failure = await run(command, deps)
        if (failure === null) return { opened: true }
        reason = failure
      }
      return { opened: false, reason }
    },
  }
}

/** What to try, in order. $BROWSER is a list of commands, `%s` standing for the address; it alone counts where it is set. */
export function openersFor(
  url: string,
  { platform, environment }: Omit<BrowserOpenerDeps, 'clock'>,
): Command[] {
  const chosen = (environment['BROWSER'] ?? '').split(delimiter).filter((each) => each.trim() !== '')
  if (chosen.length > 0) return chosen.flatMap((text) => commandFrom(text, url))
  if (platform === 'darwin') return [{ program: 'open', parameters: [url] }]
  // `cmd /c start` would read & and ^ in the address as its own.
  if (platform === 'win32') return [{ program: 'rundll32', parameters: ['url.dll,FileProtocolHandler', url] }]
  const wsl = environment['WSL_DISTRO_NAME'] !== undefined
  const display = (environment['DISPLAY'] ?? '') !== '' || (environment['WAYLAND_DISPLAY'] ?? '') !== ''
  return [
    ...(wsl ? [{ program: 'wslview', parameters: [url] }] : []),
    // Without a display xdg-open falls back to a browser in this terminal, which nobody could use.
    ...(display ? [{ program: 'xdg-open', parameters: [url] }] : []),
  ]
}

function commandFrom(text: string, url: string): Command[] {
  const words = text.trim().match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []
  const [program, ...parameters] = words.map((word) => word.replaceAll(/^["']|["']$/g, ''))
  if (program === undefined) return []
  const placed = parameters.map((parameter) => parameter.replaceAll('%s', url))
  return [{ program, parameters: text.includes('%s') ? placed : [...placed, url] }]
}

function noOpener({ platform }: BrowserOpenerDeps): string {
  return platform === 'linux'
    ? 'There is no display and $BROWSER is not set.'
    : 'No way to open a browser was found.'
}

function run(
  { program, parameters }: Command,
  { clock, environment }: BrowserOpenerDeps,
): Promise<string | null> {
  if (!isThere(program, environment)) return Promise.resolve(`${program} is not installed.`)
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { stdio: 'ignore', detached: true, env: { ...environment } })
    const settle = (failure: string | null): void => {
      stopWaiting()
      resolve(failure)
    }
    const stopWaiting = clock.after(SETTLED_AFTER_MS, () => settle(null))
    child.once('error', (error) => settle(`${program} could not be started: ${error.message}`))
    child.once('exit', (code) =>
      settle(code === 0 ? null : `${program} gave up (exit code ${code ?? 'none'}).`),
    )
    child.unref()
  })
}

function isThere(program: string, environment: BrowserOpenerDeps['environment']): boolean {
  if (process.platform === 'win32') return true
  const places = isAbsolute(program)
    ? [program]
    : (environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program))
  return places.some((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
