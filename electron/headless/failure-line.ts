import { asKeywayError, type KeywayError } from '../../shared/contract/errors.ts'

/** Why the host could not start, for a terminal: one line, what to do now, no stack. */
export function failureLine(thrown: unknown): string {
  const error = asKeywayError(thrown)
  return `keyway: ${[error.message, ...factsOf(error), stepOf(error)].join(' ')}`.replaceAll(/\s+/g, ' ')
}

function factsOf({ cause, code, details }: KeywayError): string[] {
  const { file, url } = details
  if (code === 'data_folder_busy' && typeof url === 'string') return [`It answers at ${url}.`]
  if ((code === 'save_failed' || code === 'disk_full') && typeof file === 'string') return [`(${file})`]
  if (code === 'internal_error' && cause instanceof Error) return [`(${cause.message})`]
  return []
}

function stepOf({ code, nextStep }: KeywayError): string {
  // The table's step speaks of a Keyway that runs and tries again.
  return code === 'save_failed' ? 'Make that writable, or choose another folder with --data.' : nextStep
}
