// Programs that the tests need besides npm packages: found, installed where possible, or named in one
// sentence.
import { findBrowser } from '../machine/find-browser.ts'
import { canInstallPackages, installPackages } from '../machine/debian-packages.ts'
import { findProgram } from '../machine/find-program.ts'

type Say = (line: string) => void

/** Finds a Chromium for the end-to-end tests. @throws Error with what to install. */
export function ensureBrowser(say: Say): string {
  const first = findBrowser()
  if (first.kind === 'found') return first.path
  if (!canInstallPackages()) throw new Error(first.sentence)
  say('No Chromium here: installing it with apt-get, which the end-to-end tests need.')
  installPackages(['chromium'])
  const second = findBrowser()
  if (second.kind === 'found') return second.path
  throw new Error(second.sentence)
}

const secretServicePrograms = [
  ['dbus-daemon', 'dbus'],
  ['dbus-send', 'dbus'],
  ['gnome-keyring-daemon', 'gnome-keyring'],
] as const

/** A Secret Service for the keychain test on Linux. Where it cannot be installed, that test reports it. */
export function ensureSecretService(say: Say): void {
  if (process.platform !== 'linux') return
  const missing = [
    ...new Set(
      secretServicePrograms.filter(([program]) => findProgram(program) === null).map(([, from]) => from),
    ),
  ]
  if (missing.length === 0) return
  if (!canInstallPackages()) {
    say(`The keychain test needs ${missing.join(' and ')}; install it to have that test run.`)
    return
  }
  say(`Installing ${missing.join(' and ')} with apt-get, which the keychain test needs.`)
  try {
    installPackages(missing)
  } catch (error) {
    say(`That did not work (${error instanceof Error ? error.message : String(error)}).`)
  }
}
