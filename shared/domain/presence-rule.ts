// Decides which inputs of a window's call require presence. Removing rights (deny, pause, delete) must always
// be possible.
import { presenceMarks } from '../contract/presence-marks.ts'
import type { UiCallName, UiParsed } from '../contract/ui-api.ts'

type Reducible = {
  [Name in UiCallName]: (typeof presenceMarks)[Name] extends 'required unless reducing' ? Name : never
}[UiCallName]

/** For each call where some inputs only remove rights or only read. */
const reduces: { [Name in Reducible]: (input: UiParsed<Name>) => boolean } = {
  // The passphrase is itself a proof; the dispatcher verifies it first.
  'vault.unlock': ({ passphrase }) => passphrase !== undefined,
  'providers.discover': ({ client }) => client === 'typed',
  'flows.confirmAccount': ({ answer }) => answer === 'discard',
  'apps.update': ({ patch }) => {
    const given = Object.entries(patch).filter(([, value]) => value !== undefined)
    return given.length > 0 && given.every(([name, value]) => takesAway(name, value))
  },
  'approvals.decide': ({ decision }) => decision === 'deny',
  // Settings that affect only the window's appearance. Notifications, retention and the port are not among
  // them, because they show misuse to the person.
  'settings.update': (patch) =>
    Object.entries(patch).every(([name, value]) => name === 'theme' || value === undefined),
}

export function wantsPresence<Name extends UiCallName>(name: Name, input: UiParsed<Name>): boolean {
  const mark = presenceMarks[name]
  if (mark !== 'required unless reducing') return mark === 'required'
  const reducing = reduces[name as Reducible] as (input: UiParsed<Name>) => boolean
  return !reducing(input)
}

function takesAway(name: string, value: unknown): boolean {
  if (name === 'paused') return value === true
  if (name === 'manage' || name === 'approve') return value === false
  return (name === 'grants' || name === 'origins') && Array.isArray(value) && value.length === 0
}
