// Opens the system browser from a process without a window. A failure is logged as a warning, because the
// caller shows the link.
import { delimiter } from 'node:path'
import { createInstalledBrowsers } from '../core/browsers/find-browsers.ts'
import { startProgram, type Command } from '../core/browsers/start-program.ts'
import type { Browser, Clock } from '../core/ports.ts'

export type BrowserOpenerDeps = {
  clock: Clock
  platform: NodeJS.Platform
  environment: Readonly<Record<string, string | undefined>>
}

export function createBrowserOpener(deps: BrowserOpenerDeps): Browser {
  const installed = createInstalledBrowsers(deps)
  return {
    installed: installed.list,
    async open(url, browserId) {
      // Only web URLs: an opener passes other schemes to any program that registered for them.
      if (!/^https?:\/\//.test(url)) return { opened: false, reason: 'That is no web address.' }
      const chosen = browserId === null ? null : await installed.open(browserId, url)
      if (chosen !== null) return chosen
      const commands = openersFor(url, deps)
      let reason = noOpener(deps)
      for (const command of commands) {
        const failure = await startProgram(command, deps)
        if (failure === null) return { opened: true }
        reason = failure
      }
      return { opened: false, reason }
    },
  }
}

/**
 * The commands to try, in order. $BROWSER is a list of commands in which `%s` is replaced by the URL. Where
 * it is set, only it is tried.
 */
export function openersFor(
  url: string,
  { platform, environment }: Omit<BrowserOpenerDeps, 'clock'>,
): Command[] {
  const chosen = (environment['BROWSER'] ?? '').split(delimiter).filter((each) => each.trim() !== '')
  if (chosen.length > 0) return chosen.flatMap((text) => commandFrom(text, url))
  if (platform === 'darwin') return [{ program: 'open', parameters: [url] }]
  // `cmd /c start` would interpret & and ^ in the URL.
  if (platform === 'win32') return [{ program: 'rundll32', parameters: ['url.dll,FileProtocolHandler', url] }]
  const wsl = environment['WSL_DISTRO_NAME'] !== undefined
  const display = (environment['DISPLAY'] ?? '') !== '' || (environment['WAYLAND_DISPLAY'] ?? '') !== ''
  return [
    ...(wsl ? [{ program: 'wslview', parameters: [url] }] : []),
    // Without a display xdg-open falls back to a browser in this terminal, which could not be used.
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
