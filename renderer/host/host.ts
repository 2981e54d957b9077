// The only interface between the window and Keyway. Desktop and browser have different hosts; nothing above
// this folder knows which one is used.
import { z } from 'zod'
import { type ErrorBody, type ErrorCode, errorTable } from '../../shared/contract/errors.ts'
import type {
  UiCallName,
  UiEventName,
  UiEvents,
  UiInput,
  UiOutput,
  UiResult,
} from '../../shared/contract/ui-api.ts'

/** `signed-out`: the browser's session has ended (headless only). */
export type LinkState = 'connecting' | 'online' | 'offline' | 'signed-out'

export type HostCapabilities = {
  /** Can register Keyway to start at login. */
  loginItem: boolean
  /** Shows notifications, of the operating system or of the browser. */
  notifications: boolean
}

type Words = { message: string; nextStep: string }

/** The failure texts of a host without a response; from the text catalog. */
export type HostWords = { notAnswering: Words; signedOut: Words; callBroken: Words }

export type Host = {
  readonly kind: 'desktop' | 'headless'
  readonly capabilities: HostCapabilities
  /** Never rejects: failures are returned as coded failures. */
  call<Name extends UiCallName>(name: Name, input: UiInput<Name>): Promise<UiResult<UiOutput<Name>>>
  /** Returns a function that ends the subscription. */
  subscribe<Name extends UiEventName>(name: Name, listener: (data: UiEvents[Name]) => void): () => void
  /** Called at once with the present state, then on each change. */
  watchLink(listener: (state: LinkState) => void): () => void
  close(): void
}

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

/**
 * The result of a call, or a coded failure when the response is not one. The core guarantees the type of the
 * value.
 */
export function parseUiResult<Output>(answer: unknown): UiResult<Output> {
  const parsed = envelope.safeParse(answer)
  if (!parsed.success) return { ok: false, failure: failureResult('internal_error', {}) }
  return parsed.data as UiResult<Output>
}

export function failureResult(
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
