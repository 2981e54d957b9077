import { KeywayError } from '../../../shared/contract/errors.ts'

/** The code of a failed system call, such as `ENOSPC`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** A failed write as `disk_full` (no space, or quota used up) or `save_failed`, with the file named. */
export function toSaveError(error: unknown, file: string): KeywayError {
  if (error instanceof KeywayError) return error
  const reason = systemCode(error)
  const code = reason === 'ENOSPC' || reason === 'EDQUOT' ? 'disk_full' : 'save_failed'
  return new KeywayError(code, { details: { file, reason: reason ?? 'unknown' }, cause: error })
}
