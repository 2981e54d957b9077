// Failures as values: one class, one body, one translator. What each code means stands in error-table.ts.
import { errorTable } from './error-table.ts'

export { errorTable }

export type ErrorCode = keyof typeof errorTable

/** Facts about a failure that may be shown: never a secret, never a stack. */
export type ErrorDetails = Readonly<Record<string, unknown>>

/**
 * A failure with a code from {@link errorTable}. `message` is the table's sentence unless a more precise one is given; it must not
 * hold a secret. `cause` is kept for the log's redactor and never serialised.
 */
export class KeywayError extends Error {
  override readonly name = 'KeywayError'
  readonly code: ErrorCode
  readonly nextStep: string
  readonly details: ErrorDetails

  constructor(
    code: ErrorCode,
    options: { message?: string; nextStep?: string; details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(
      options.message ?? errorTable[code].sentence,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.nextStep = options.nextStep ?? errorTable[code].nextStep
    this.details = options.details ?? {}
  }

  get status(): number {
    return errorTable[this.code].status
  }

  toJSON(): ErrorBody {
    return toErrorBody(this)
  }
}

/** What a caller sees of a failure, the same over HTTP, IPC and in the CLI's JSON output. `code` sits at the top level, as leash has it. */
export type ErrorBody = {
  code: ErrorCode
  error: string
  message: string
  nextStep: string
  retryable: boolean
} & ErrorDetails

export function toErrorBody(error: KeywayError): ErrorBody {
  return {
    ...error.details,
    code: error.code,
    error: error.code,
    message: error.message,
    nextStep: error.nextStep,
    retryable: errorTable[error.code].retryable,
  }
}

/** Any thrown value as a coded failure; what has no code becomes `internal_error` with its cause kept. */
export function asKeywayError(thrown: unknown): KeywayError {
  return thrown instanceof KeywayError ? thrown : new KeywayError('internal_error', { cause: thrown })
}
