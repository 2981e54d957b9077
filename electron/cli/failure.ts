// Any failure as the command line shows it: one sentence, the next step, and what the person needs to take it.
import { z } from 'zod'
import { asKeywayError, errorTable, nextStepFor, toErrorBody } from '../../shared/contract/errors.ts'
import { KeywayCallError } from '../../shared/client/keyway-call-error.ts'

const shown = z.looseObject({
  code: z.string(),
  message: z.string(),
  nextStep: z.string(),
  connectUrl: z.string().optional().catch(undefined),
  retryAt: z.string().optional().catch(undefined),
  accounts: z.array(z.string()).optional().catch(undefined),
  details: z
    .array(z.looseObject({ field: z.string(), message: z.string() }))
    .optional()
    .catch(undefined),
})

export type Failure = { exit: number; text: string; json: string }

export function describeFailure(thrown: unknown): Failure {
  const body = thrown instanceof KeywayCallError ? thrown.body : toErrorBody(asKeywayError(thrown))
  const { code, message, connectUrl, retryAt, accounts, details, ...rest } = shown.parse(body)
  const nextStep = nextStepFor('terminal', { code, nextStep: rest.nextStep })
  const lines = [
    `keyway: ${message} (${code})`,
    ...(details !== undefined && details.length > 1
      ? details.map((each) => `  ${each.field}: ${each.message}`)
      : []),
    ...(accounts === undefined ? [] : [`  Accounts: ${accounts.join(', ')}`]),
    nextStep,
    ...(connectUrl === undefined ? [] : [`  ${connectUrl}`]),
    ...(retryAt === undefined ? [] : [`  Ask again at ${retryAt}.`]),
  ]
  return {
    exit: exitOf(code),
    text: withoutKeys(lines.join('\n')),
    json: withoutKeys(JSON.stringify({ ...body, nextStep })),
  }
}

export function exitOf(code: string): number {
  return Object.hasOwn(errorTable, code) ? errorTable[code as keyof typeof errorTable].exit : 1
}

/** A key that was mistyped into an argument comes back in the complaint about that argument. */
function withoutKeys(text: string): string {
  return text.replaceAll(/\bk[wp]_[A-Za-z0-9_-]{6,}/g, '[secret]')
}
