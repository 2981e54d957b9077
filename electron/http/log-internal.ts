import type { KeywayError } from '../../shared/contract/errors.ts'
import type { HttpContext } from './http-context.ts'

/** A failure of our own making goes to the log with its cause; everything else is an answer, not an incident. */
export function logInternal({ keyway }: HttpContext, failure: KeywayError): void {
  if (failure.code !== 'internal_error') return
  keyway.logger.error('A local call failed', { code: failure.code, cause: failure.cause })
}
