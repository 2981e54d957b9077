// Reads the command line the way Electron's own start-up does: switches, `-r` modules, then the app, then the
// app's arguments.

export type LaunchArguments = {
  /** Folder with a package.json, or a script. Null when none was given. */
  readonly appPath: string | null
  /** `process.argv` as the app sees it. */
  readonly processArgv: readonly string[]
  /** Every `--name=value` of the whole command line, without the dashes. */
  readonly switches: ReadonlyMap<string, string>
  /** Modules to load before the app (`-r`). */
  readonly requires: readonly string[]
  /** Playwright is at the other end: it wants both debuggers and gives the start signal itself. */
  readonly isDriven: boolean
}

const lastDriverSwitch = '--remote-debugging-port=0'

function readSwitches(args: readonly string[]): Map<string, string> {
  const switches = new Map<string, string>()
  for (const arg of args) {
    if (!arg.startsWith('--') || arg === '--') continue
    const equals = arg.indexOf('=')
    if (equals === -1) switches.set(arg.slice(2), '')
    else switches.set(arg.slice(2, equals), arg.slice(equals + 1))
  }
  return switches
}

function readApp(args: readonly string[]): { appPath: string | null; requires: string[] } {
  const requires: string[] = []
  let isModule = false
  for (const arg of args) {
    if (isModule) {
      requires.push(arg)
      isModule = false
    } else if (arg === '-r' || arg === '--require') isModule = true
    else if (!arg.startsWith('-')) return { appPath: arg, requires }
  }
  return { appPath: null, requires }
}

export function readLaunchArguments(executable: string, args: readonly string[]): LaunchArguments {
  const driverEnd = args.indexOf(lastDriverSwitch)
  const isDriven = driverEnd !== -1 && args.includes('--inspect=0')
  return {
    ...readApp(args),
    // Playwright's loader takes its own switches out of argv before the app sees it.
    processArgv: [executable, ...(isDriven ? args.slice(driverEnd + 1) : args)],
    switches: readSwitches(args),
    isDriven,
  }
}
