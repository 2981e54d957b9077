// Whether Electron's program is on this machine. The package has no install script, and requiring its path
// starts a download. So its files are checked instead, and a download is one short attempt of its own.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodeOf, programPath } from './run-program.ts'

const packageFolder = join(import.meta.dirname, '..', '..', 'node_modules', 'electron')
const FETCH_LIMIT_MS = 120_000
/** When the server cannot be reached, the download fails long before the limit. */
const REACH_LIMIT_MS = 4_000

/** The path of the program, or null when it is not installed. Starts nothing. */
export function findElectron(env: NodeJS.ProcessEnv = process.env): string | null {
  const override = env['ELECTRON_OVERRIDE_DIST_PATH']
  const named = readPathFile()
  const path =
    override !== undefined && override !== ''
      ? join(override, named ?? 'electron')
      : named === null
        ? null
        : join(packageFolder, 'dist', named)
  return path !== null && existsSync(path) ? path : null
}

function readPathFile(): string | null {
  try {
    return readFileSync(join(packageFolder, 'path.txt'), 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** The program's path after at most one bounded, quiet attempt to download it; null when that fails. */
export async function ensureElectron(say: (line: string) => void): Promise<string | null> {
  const there = findElectron()
  if (there !== null || !(await canReachDownloads())) return there
  say("Fetching Electron's binary, once …")
  const child = spawn(process.execPath, [programPath('electron', 'install-electron')], {
    stdio: 'ignore',
    timeout: FETCH_LIMIT_MS,
  })
  await exitCodeOf(child)
  return findElectron()
}

async function canReachDownloads(): Promise<boolean> {
  const mirror = process.env['ELECTRON_MIRROR'] ?? process.env['npm_config_electron_mirror']
  try {
    const signal = AbortSignal.timeout(REACH_LIMIT_MS)
    await fetch(mirror ?? 'https://github.com/electron/electron/releases', { method: 'HEAD', signal })
    return true
  } catch {
    return false
  }
}
