// The few programs besides npm packages that the tests need, installed where that needs no permission: as
// root on Debian or Ubuntu.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const APT_GET = '/usr/bin/apt-get'
const LIMIT_MS = 10 * 60_000

export function canInstallPackages(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync(APT_GET)
}

/** Installs the packages quietly. @throws Error with apt-get's last line when that fails. */
export function installPackages(packages: readonly string[]): void {
  apt(['update', '-qq'])
  apt(['install', '-y', '-qq', '--no-install-recommends', ...packages])
}

function apt(parameters: readonly string[]): void {
  const { status, stderr, error } = spawnSync(APT_GET, parameters, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status === 0) return
  const words = error?.message ?? stderr.trim().split('\n').at(-1) ?? ''
  throw new Error(`apt-get ${parameters[0]} failed: ${words}`, { cause: error })
}
