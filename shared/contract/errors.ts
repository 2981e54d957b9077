// Failures as values: one class, one body, one translator. What each code means stands in error-table.ts.
import { errorTable, type Reader } from './error-table.ts'

export { errorTable }
export type { Reader }

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
  /** For a program; a surface that a person reads shows {@link nextStepFor}. */
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
    this.nextStep = options.nextStep ?? errorTable[code].nextStep.api
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

/**
 * The step in its reader's words. Failures travel and are stored with the API's; a step that some code gave in place of
 * the table's is meant for every reader and stays.
 */
export function nextStepFor<Step extends string | null>(
  reader: Reader,
  { code, nextStep }: { code: string | null; nextStep: Step },
): Step | string {
  if (code === null || nextStep === null || !isErrorCode(code)) return nextStep
  const steps = errorTable[code].nextStep
  // Outcomes that an earlier version stored name this member in every text.
  const isApiStep = nextStep === steps.api || nextStep.includes('connectUrl')
  return isApiStep ? steps[reader] : nextStep
}

/** What happened and what to do, for one reader, where there is room for one text only. */
export const sentencesFor = (reader: Reader, error: KeywayError): string =>
  `${error.message} ${nextStepFor(reader, error)}`

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code)
}

/** Any thrown value as a coded failure; what has no code becomes `internal_error` with its cause kept. */
export function asKeywayError(thrown: unknown): KeywayError {
  return thrown instanceof KeywayError ? thrown : new KeywayError('internal_error', { cause: thrown })
}
