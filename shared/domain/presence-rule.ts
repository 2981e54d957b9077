// Which inputs of a window's call want the person's presence. A reduction (deny, pause, forget) must always
// be possible.
import { presenceMarks } from '../contract/presence-marks.ts'
import type { UiCallName, UiParsed } from '../contract/ui-api.ts'

type Reducible = {
  [Name in UiCallName]: (typeof presenceMarks)[Name] extends 'required unless reducing' ? Name : never
}[UiCallName]

/** For each call of which some inputs only take away or only look. */
const reduces: { [Name in Reducible]: (input: UiParsed<Name>) => boolean } = {
  // Who knows the passphrase proves it by that; the dispatcher checks it before it counts.
  'vault.unlock': ({ passphrase }) => passphrase !== undefined,
  'providers.discover': ({ client }) => client === 'typed',
  'flows.confirmAccount': ({ answer }) => answer === 'discard',
  'apps.update': ({ patch }) => {
    const given = Object.entries(patch).filter(([, value]) => value !== undefined)
    return given.length > 0 && given.every(([name, value]) => takesAway(name, value))
  },
  'approvals.decide': ({ decision }) => decision === 'deny',
  // Only how the window looks. Notices, retention and the port are how a person learns of misuse.
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
