// The window's calls, for both hosts: Electron's IPC and the HTTP bridge bring a name and an input, and get the same envelope back.
import { asKeywayError, KeywayError, toErrorBody } from '../../../shared/contract/errors.ts'
import { uiCalls, type UiCallName, type UiResult } from '../../../shared/contract/ui-api.ts'
import { invalidRequest } from '../invalid-request.ts'
import type { Keyway } from '../keyway.ts'

/** Parses the input by the contract's schema and runs the call. Never rejects: every failure comes back as a coded body. */
export async function dispatchCall(
  keyway: Pick<Keyway, 'ui' | 'logger'>,
  name: unknown,
  input: unknown,
): Promise<UiResult<unknown>> {
  try {
    if (!isCallName(name)) throw noSuchCall()
    const { input: schema } = uiCalls[name]
    const parsed = schema.safeParse(input)
    if (!parsed.success) throw invalidRequest('input', parsed.error.issues, schema)
    // `null`, as JSON has no undefined: both hosts answer the same.
    return { ok: true, value: (await keyway.ui[name](parsed.data as never)) ?? null }
  } catch (error) {
    const failure = asKeywayError(error)
    if (failure.code === 'internal_error')
      keyway.logger.error('A call of the window failed', { call: name, error: failure })
    return failed(failure)
  }
}

/** A call that was not run, in the envelope that calls are answered in. */
export function failed(failure: KeywayError): UiResult<never> {
  return { ok: false, failure: toErrorBody(failure) }
}

function isCallName(name: unknown): name is UiCallName {
  return typeof name === 'string' && Object.hasOwn(uiCalls, name)
}

const noSuchCall = (): KeywayError =>
  new KeywayError('not_found', {
    message: 'The window asked for a call that does not exist.',
    nextStep: 'Reload the window: it may be of another version than the service.',
  })
