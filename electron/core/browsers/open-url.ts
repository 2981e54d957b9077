// Opens a URL in the system browser, and starts a program detached. Failures are returned, not thrown. The
// command line uses it too, so it loads nothing else of the core.
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Browser, Clock } from '../ports.ts'

export type Command = { program: string; parameters: readonly string[] }

export type ProgramDeps = {
  clock: Pick<Clock, 'after'>
  /** The program inherits it. */
  environment: Readonly<Record<string, string | undefined>>
}

export type OpenerDeps = ProgramDeps & { platform: NodeJS.Platform }

/** A program that is still running after this time counts as started. Milliseconds. */
const SETTLED_AFTER_MS = 3_000

/** Tries the commands for this platform in order, until one succeeds. */
export async function openUrl(url: string, deps: OpenerDeps): Promise<Awaited<ReturnType<Browser['open']>>> {
  // Only web URLs: an opener passes other schemes to any program that registered for them.
  if (!isWebUrl(url)) return { opened: false, reason: 'That is no web address.' }
  let reason =
    deps.platform === 'linux'
      ? 'There is no display and $BROWSER is not set.'
      : 'No way to open a browser was found.'
  for (const command of openersFor(url, deps)) {
    const failure = await startProgram(command, deps)
    if (failure === null) return { opened: true }
    reason = failure
  }
  return { opened: false, reason }
}

export const isWebUrl = (url: string): boolean => /^https?:\/\//.test(url)

/**
 * The commands to try, in order. $BROWSER is a list of commands in which `%s` is replaced by the URL. Where
 * it is set, only it is tried.
 */
export function openersFor(url: string, { platform, environment }: Omit<OpenerDeps, 'clock'>): Command[] {
  const chosen = (environment['BROWSER'] ?? '')
    .split(platform === 'win32' ? ';' : ':')
    .filter((each) => each.trim() !== '')
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

/** Null if it was started, else the reason. No shell is involved. */
export function startProgram(
  { program, parameters }: Command,
  { clock, environment }: ProgramDeps,
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

function isThere(program: string, environment: ProgramDeps['environment']): boolean {
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
