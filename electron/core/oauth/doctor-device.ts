import { asKeywayError, sentencesFor } from '../../../shared/contract/errors.ts'
import type { Check } from './doctor-check.ts'
import { asDiscoveryError } from './metadata.ts'

/** Asks for a code that nobody will enter; it lapses by itself. */
export async function checkDeviceCode(check: Check): Promise<void> {
  const { provider, scopes, log, recorder, signal } = check
  const name = 'Device code'
  recorder.take()
  try {
    const { verificationUri } = await check.startDevice(provider, scopes, signal)
    const explanation = `The server gives a code to enter at ${verificationUri}.`
    log.add({ name, outcome: 'ok', ...recorder.take().at(-1), explanation })
  } catch (error) {
    const explanation = sentencesFor('window', asKeywayError(asDiscoveryError(error)))
    log.add({ name, outcome: 'failed', ...recorder.take().at(-1), explanation })
  }
}
