import { spawn } from 'node:child_process'

type Environment = Readonly<Record<string, string | undefined>>

/** An opener that has not failed after this time counts as successful. */
const SETTLED_AFTER_MS = 1_500

/** True when a browser was started. Where $BROWSER is set, only it is tried. */
export function openBrowser(url: string, environment: Environment): Promise<boolean> {
  const command = openerFor(url, environment, process.platform)
  if (command === null || !/^https?:\/\//.test(url)) return Promise.resolve(false)
  const [program = '', ...parameters] = command
  const { KEYWAY_KEY: _ours, ...others } = environment
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { stdio: 'ignore', detached: true, env: others })
    const limit = setTimeout(() => resolve(true), SETTLED_AFTER_MS)
    const settle = (opened: boolean): void => {
      clearTimeout(limit)
      resolve(opened)
    }
    child.once('error', () => settle(false))
    child.once('exit', (code) => settle(code === 0))
    child.unref()
  })
}

/** Program and arguments, or null where no browser could be seen. */
export function openerFor(url: string, environment: Environment, platform: NodeJS.Platform): string[] | null {
  const chosen = environment['BROWSER']?.split(platform === 'win32' ? ';' : ':')[0]?.trim()
  if (chosen !== undefined && chosen !== '') {
    const words = chosen.split(/\s+/)
    return chosen.includes('%s') ? words.map((word) => word.replaceAll('%s', url)) : [...words, url]
  }
  if (platform === 'darwin') return ['open', url]
  // `cmd /c start` would interpret & and ^ in the URL.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url]
  if (environment['WSL_DISTRO_NAME'] !== undefined) return ['wslview', url]
  const display = (environment['DISPLAY'] ?? '') !== '' || (environment['WAYLAND_DISPLAY'] ?? '') !== ''
  return display ? ['xdg-open', url] : null
}
