import type { CommandLine } from 'electron'
import { strict } from '../strict.ts'

/** Switches are kept and answered for; Chromium was started without them. */
export function createCommandLine(given: ReadonlyMap<string, string>): CommandLine {
  const switches = new Map(given)
  const members = {
    appendSwitch: (name, value = '') => {
      switches.set(name, value)
    },
    appendArgument: () => {},
    hasSwitch: (name) => switches.has(name),
    getSwitchValue: (name) => switches.get(name) ?? '',
    removeSwitch: (name) => {
      switches.delete(name)
    },
  } satisfies CommandLine
  return strict('app.commandLine', members)
}
