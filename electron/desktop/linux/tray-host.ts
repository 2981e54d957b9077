import type { AskProgram } from './ask-program.ts'

/**
 * Whether anything would show a tray icon. Electron makes the icon all the same on a Wayland desktop where nobody shows it (GNOME without
 * an extension), and a window closed "into the tray" is then gone. X11 has a tray of its own; what cannot be asked counts as there.
 */
export async function showsTrays(place: {
  platform: NodeJS.Platform
  environment: Readonly<Record<string, string | undefined>>
  ask: AskProgram
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
