import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** The output of a program, trimmed; null when it is missing, fails or exceeds the time limit. */
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
  /** The program and its arguments, not escaped. */
  command: readonly string[]
  /** Appended without quotes: `%u` is replaced by the URL that is opened. */
  fieldCode?: '%u'
  /** More lines, in this order. */
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
 * One argument of Exec: quoted where it holds a reserved character. A percent sign is doubled, because it
 * would begin a field code.
 */
function execWord(text: string): string {
  const word = text.replaceAll('%', '%%')
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replaceAll(/["`$\\]/g, String.raw`\$&`)}"`
}

/** Every value needs this second escaping, after that of Exec. */
const stringValue = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)

export type HomeFolders = { home: string; environment: Readonly<Record<string, string | undefined>> }

/** Path of the entry that starts Keyway at login (Desktop Application Autostart Specification). */
export const autostartFile = (homes: HomeFolders): string =>
  join(homeOf('XDG_CONFIG_HOME', '.config', homes), 'autostart', 'keyway.desktop')

/**
 * Path of the user's own application entry. Its name differs from a package's entry, which it must not
 * replace.
 */
export const LINKS_ENTRY = 'keyway-links.desktop'
export const linksFile = (homes: HomeFolders): string =>
  join(homeOf('XDG_DATA_HOME', '.local/share', homes), 'applications', LINKS_ENTRY)

function homeOf(variable: string, otherwise: string, { home, environment }: HomeFolders): string {
  const value = environment[variable] ?? ''
  return isAbsolute(value) ? value : join(home, otherwise)
}

/** Writes the entry unless it is up to date. @throws the error of the file system. */
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
 * Whether the desktop shows tray icons. On a Wayland desktop without a tray (GNOME without an extension)
 * Electron creates the icon all the same, and a window closed to the tray would be unreachable. X11 has its
 * own tray. When it cannot be determined, the answer is true.
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
