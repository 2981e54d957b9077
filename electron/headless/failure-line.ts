import {
  asKeywayError,
  errorTable,
  nextStepFor,
  type ErrorCode,
  type KeywayError,
} from '../../shared/contract/errors.ts'

/** Why the host could not start, for a terminal: one line, what to do now, no stack. */
export function failureLine(thrown: unknown): string {
  const error = asKeywayError(thrown)
  return `keyway: ${[error.message, ...factsOf(error), stepOf(error)].join(' ')}`.replaceAll(/\s+/g, ' ')
}

function factsOf({ cause, code, details }: KeywayError): string[] {
  const { file, reason, url } = details
  if (code === 'data_folder_busy' && typeof url === 'string') return [`It answers at ${url}.`]
  if ((code === 'save_failed' || code === 'disk_full') && typeof file === 'string') {
    const why = reasons[String(reason)]
    return [`(${why === undefined ? file : `${file}: ${why}`})`]
  }
  if (code === 'internal_error' && cause instanceof Error) return [`(${cause.message})`]
  return []
}

/** What the system's codes mean, where the way out depends on it. */
const reasons: Record<string, string> = {
  EACCES: 'not allowed',
  EEXIST: 'something else has that name',
  ENOENT: 'no folder can be made there',
  ELOOP: 'links in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENOTDIR: 'a file is where a folder should be',
  EPERM: 'not allowed',
  EROFS: 'the disk is read-only',
}

// The table's steps speak of a Keyway that runs and tries again.
const stepsAtStart: Partial<Record<ErrorCode, string>> = {
  save_failed: 'Make that writable, or choose another folder with --data.',
  disk_full: 'Free some space, or choose another folder with --data.',
}

function stepOf(error: KeywayError): string {
  const step = nextStepFor('terminal', error)
  return step === errorTable[error.code].nextStep.terminal ? (stepsAtStart[error.code] ?? step) : step
}
