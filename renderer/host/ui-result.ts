import { z } from 'zod'
import { errorTable, type ErrorBody, type ErrorCode } from '../../shared/contract/errors.ts'
import type { UiResult } from '../../shared/contract/ui-api.ts'

const codes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]
const failureBody = z.looseObject({
  code: z.enum(codes),
  error: z.string(),
  message: z.string(),
  nextStep: z.string(),
  retryable: z.boolean(),
})
const envelope = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), failure: failureBody }),
])

/** The answer to a call, or a coded failure where what came is no answer. The value's own shape is the core's promise. */
export function parseUiResult<Output>(answer: unknown): UiResult<Output> {
  const parsed = envelope.safeParse(answer)
  if (!parsed.success) return { ok: false, failure: failureOf('internal_error', {}) }
  return parsed.data as UiResult<Output>
}

export function failureOf(
  code: ErrorCode,
  words: { message?: string; nextStep?: string; retryable?: true },
): ErrorBody {
  const row = errorTable[code]
  return {
    code,
    error: code,
    message: words.message ?? row.sentence,
    nextStep: words.nextStep ?? row.nextStep.window,
    retryable: words.retryable ?? row.retryable,
  }
}
