// Finds the Chromium that the tests drive. Nothing is downloaded: a machine without one gets a sentence that
// says what to do.
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

const commandNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

const macApplications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const windowsPath = String.raw`Google\Chrome\Application\chrome.exe`

function systemCandidates(env: NodeJS.ProcessEnv): string[] {
  if (process.platform === 'darwin') return macApplications
  if (process.platform !== 'win32') return []
  return [env['ProgramFiles'], env['ProgramFiles(x86)'], env['LOCALAPPDATA']].flatMap((folder) =>
    folder === undefined ? [] : [join(folder, windowsPath)],
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The path of a Chromium. `KEYWAY_CHROMIUM` (an absolute path) wins. @throws Error with what to install when
 * there is none.
 */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env['KEYWAY_CHROMIUM']
  if (chosen !== undefined && chosen !== '') {
    if (isAbsolute(chosen) && isExecutable(chosen)) return chosen
    throw new Error(
      `KEYWAY_CHROMIUM is ${chosen}, which is not the absolute path of a program that can be run.`,
    )
  }
  const folders = ['/usr/bin', ...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')]
  const commands = commandNames.flatMap((name) => folders.map((folder) => join(folder, name)))
  const found = [...commands, ...systemCandidates(env)].find((candidate) => isExecutable(candidate))
  if (found === undefined) {
    throw new Error(
      'No Chromium was found. Install one (Debian, Ubuntu: apt-get install chromium) or set KEYWAY_CHROMIUM to its path.',
    )
  }
  return found
}

/** Chromium refuses its sandbox to root, who has no use for it. */
export function sandboxFlags(): readonly string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : []
}
