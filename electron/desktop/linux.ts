import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** What a program prints, trimmed; null when it is missing, fails or takes too long. */
export type RunProgram = (program: string, parameters: readonly string[]) => Promise<string | null>

const LIMIT_MS = 3_000

export const runProgram: RunProgram = (program, parameters) =>
  new Promise((resolve) => {
    execFile(program, [...parameters], { timeout: LIMIT_MS, encoding: 'utf8' }, (error, output) =>
      resolve(error === null ? output.trim() : null),
    )
  })

// The text of a freedesktop.org desktop entry that starts this Keyway (Desktop Entry Specification 1.5).

export type DesktopEntry = {
  /** The program and its arguments, as they are. */
  command: readonly string[]
  /** Put behind them unquoted: `%u` stands for the address that is opened. */
  fieldCode?: '%u'
  /** Further lines, in their order. */
  lines: readonly string[]
}

export function desktopEntry({ command, fieldCode, lines }: DesktopEntry): string {
  const words = [...command.map(execWord), ...(fieldCode === undefined ? [] : [fieldCode])]
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Keyway',
    `Exec=${stringValue(words.join(' '))}`,
    'Terminal=false',
    ...lines,
    '',
  ].join('\n')
}

/**
 * One argument of Exec: quoted where it holds a reserved character; a per cent sign would begin a field code.
 */
function execWord(text: string): string {
  const word = text.replaceAll('%', '%%')
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replaceAll(/["`$\\]/g, String.raw`\$&`)}"`
}

/** Every value passes this second escaping, after that of Exec. */
const stringValue = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)

export type HomeFolders = { home: string; environment: Readonly<Record<string, string | undefined>> }

/** Where a desktop looks for what starts at login (Desktop Application Autostart Specification). */
export const autostartFile = (homes: HomeFolders): string =>
  join(homeOf('XDG_CONFIG_HOME', '.config', homes), 'autostart', 'keyway.desktop')

/**
 * Where it looks for a user's own applications. The name is not that of a package's entry, which must not be
 * shadowed.
 */
export const LINKS_ENTRY = 'keyway-links.desktop'
export const linksFile = (homes: HomeFolders): string =>
  join(homeOf('XDG_DATA_HOME', '.local/share', homes), 'applications', LINKS_ENTRY)

function homeOf(variable: string, otherwise: string, { home, environment }: HomeFolders): string {
  const value = environment[variable] ?? ''
  return isAbsolute(value) ? value : join(home, otherwise)
}

/** Writes the entry where it is not so already. @throws what the file system says. */
export function writeEntry(path: string, text: string): void {
  if (contentOf(path) === text) return
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
}

export function removeEntry(path: string): void {
  if (existsSync(path)) rmSync(path)
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/**
 * Whether anything would show a tray icon. Electron makes the icon all the same on a Wayland desktop where
 * nobody shows it (GNOME without an extension), and a window closed "into the tray" is then gone. X11 has a
 * tray of its own; what cannot be asked counts as there.
 */
export async function showsTrays(place: {
  platform: NodeJS.Platform
  environment: Readonly<Record<string, string | undefined>>
  ask: RunProgram
}): Promise<boolean> {
  if (place.platform !== 'linux' || (place.environment['WAYLAND_DISPLAY'] ?? '') === '') return true
  const answer = await place.ask('dbus-send', [
    '--session',
    '--print-reply=literal',
    '--dest=org.freedesktop.DBus',
    '/org/freedesktop/DBus',
    'org.freedesktop.DBus.NameHasOwner',
    'string:org.kde.StatusNotifierWatcher',
  ])
  return answer === null || !answer.includes('false')
}
