// The one door between the window and Keyway. Desktop and browser bring different hosts; nothing above this
// folder knows which.
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

/** `signed-out`: the browser has no session any more (headless only). */
export type LinkState = 'connecting' | 'online' | 'offline' | 'signed-out'

export type HostCapabilities = {
  /** Can register itself to start when the person logs in. */
  loginItem: boolean
  /** Shows notifications, of the operating system or of the browser. */
  notifications: boolean
}

type Words = { message: string; nextStep: string }

/** What a host says when no answer came; from the text catalogue. */
export type HostWords = { notAnswering: Words; signedOut: Words; callBroken: Words }

export type Host = {
  readonly kind: 'desktop' | 'headless'
  readonly capabilities: HostCapabilities
  /** Never rejects: what goes wrong comes back as a coded failure. */
  call<Name extends UiCallName>(name: Name, input: UiInput<Name>): Promise<UiResult<UiOutput<Name>>>
  /** Returns what ends the subscription. */
  subscribe<Name extends UiEventName>(name: Name, listener: (data: UiEvents[Name]) => void): () => void
  /** Told at once about the present state, then about each change. */
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
 * The answer to a call, or a coded failure where what came is no answer. The value's own shape is the core's
 * promise.
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
