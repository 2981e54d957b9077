// Dispatches the window's calls and events for both hosts: Electron's IPC and HTTP pass a name and an input
// and get the same envelope. A window that was opened from a shell must prove presence before calls that
// require it.
import { asKeywayError, KeywayError, toErrorBody } from '../../../shared/contract/errors.ts'
import { presenceMarks } from '../../../shared/contract/presence-marks.ts'
import type { PresenceView } from '../../../shared/contract/presence.ts'
import {
  type SessionCallName,
  type UiCallName,
  uiCalls,
  type UiEventName,
  uiEventNames,
  type UiParsed,
  type UiResult,
} from '../../../shared/contract/ui-api.ts'
import { invalidRequest } from '../invalid-request.ts'
import type { Keyway } from '../keyway.ts'
import type { WindowSession } from '../presence/presence.ts'

/** The calling window. */
export type WindowCaller = {
  readonly session: WindowSession
  /** Called after presence was proven: returns the new session, which only this window knows. */
  renewSession(): WindowSession
}

/**
 * Validates the input with the contract's schema and runs the call. Never rejects: every failure becomes a
 * result with an error code.
 */
export async function dispatchCall(
  keyway: Keyway,
  caller: WindowCaller,
  name: unknown,
  input: unknown,
): Promise<UiResult<unknown>> {
  try {
    if (!isCallName(name)) throw noSuchCall()
    const { input: schema } = uiCalls[name]
    const parsed = schema.safeParse(input)
    if (!parsed.success) throw invalidRequest('input', parsed.error.issues, schema)
    // `null`, because JSON has no undefined and both hosts must return the same.
    return { ok: true, value: (await run(keyway, caller, name, parsed.data as never)) ?? null }
  } catch (error) {
    const failure = asKeywayError(error)
    if (failure.code === 'internal_error')
      keyway.logger.error('A call of the window failed', { call: name, error: failure })
    return failed(failure)
  }
}

/** The result for a call that was not run. */
export function failed(failure: KeywayError): UiResult<never> {
  return { ok: false, failure: toErrorBody(failure) }
}

/** Sends the events for this window until the returned function is called. */
export function subscribeWindow(
  keyway: Keyway,
  session: WindowSession,
  send: (name: UiEventName, value: unknown) => void,
): () => void {
  const stops = uiEventNames.map((name) => keyway.on(name, (value) => send(name, value)))
  stops.push(
    keyway.presence.attach(session, {
      codes: (codes) => send('codes', codes),
      notice: (notice) => send('presenceNotice', notice),
    }),
  )
  return () => {
    for (const stop of stops) stop()
  }
}

async function run<Name extends UiCallName>(
  keyway: Keyway,
  caller: WindowCaller,
  name: Name,
  input: UiParsed<Name>,
): Promise<unknown> {
  const { presence } = keyway
  const { session } = caller
  if (wantsPresence(name, input)) presence.demand(session)
  if (isSessionCall(name)) return answerSessionCall(keyway, caller, name, input as never)
  if (name === 'vault.unlock' && !presence.isPresent(session)) {
    const { passphrase = '' } = input as UiParsed<'vault.unlock'>
    await presence.check(session, { passphrase })
    presence.grant(caller.renewSession())
  }
  const calls: Readonly<Record<string, (input: never) => Promise<unknown>>> = keyway.ui
  const value = await calls[name]?.(input as never)
  return name === 'snapshot.get' ? { ...(value as object), codes: presence.codesFor(session) } : value
}

async function answerSessionCall(
  { presence }: Keyway,
  caller: WindowCaller,
  name: SessionCallName,
  input: UiParsed<'presence.prove'>,
): Promise<PresenceView> {
  const { session } = caller
  if (name === 'presence.showCode') presence.showCode(session)
  if (name !== 'presence.prove' || presence.isPresent(session)) return presence.view(session)
  await presence.check(session, input)
  const renewed = caller.renewSession()
  presence.grant(renewed)
  return presence.view(renewed)
}

function isCallName(name: unknown): name is UiCallName {
  return typeof name === 'string' && Object.hasOwn(uiCalls, name)
}

const isSessionCall = (name: UiCallName): name is SessionCallName => name.startsWith('presence.')

const noSuchCall = (): KeywayError =>
  new KeywayError('not_found', {
    message: 'The window asked for a call that does not exist.',
    nextStep: 'Reload the window: it may be of another version than the service.',
  })

// Decides which inputs of a window's call require presence. Removing rights (deny, pause, delete) must always
// be possible.

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
