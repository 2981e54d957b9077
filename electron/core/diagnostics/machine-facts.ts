import { availableParallelism, arch, freemem, release, totalmem, uptime, version } from 'node:os'

const VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'BROWSER',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_CURRENT_DESKTOP',
  'SSH_CONNECTION',
  'WSL_DISTRO_NAME',
  'container',
] as const

/** What Keyway runs on. Of the environment only whether a variable is set. */
export function machineFacts(
  environment: Readonly<Record<string, string | undefined>>,
  now: number,
): Record<string, unknown> {
  const isSet = (name: string): boolean => (environment[name] ?? environment[name.toLowerCase()] ?? '') !== ''
  const { node, electron, chrome, v8, openssl, uv } = process.versions as Record<string, string | undefined>
  return {
    platform: process.platform,
    arch: arch(),
    release: release(),
    version: version(),
    versions: { node, electron, chrome, v8, openssl, uv },
    processors: availableParallelism(),
    memory: { totalBytes: totalmem(), freeBytes: freemem(), usedBytes: process.memoryUsage.rss() },
    machineUpSeconds: Math.round(uptime()),
    keywayUpSeconds: Math.round(process.uptime()),
    clock: { now: new Date(now).toISOString(), zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    environmentSet: VARIABLES.filter(isSet),
  }
}
