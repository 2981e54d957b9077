import { toast } from 'sonner'
import { type ErrorBody, nextStepFor } from '../../shared/contract/errors.ts'
import type { UiResult } from '../../shared/contract/ui-api.ts'
import { text } from '../lib/text.ts'

/** A text to read and act on stays longer than a confirmation. */
export const TOLD_LONG_MS = 10_000

/** A failure without a place on the screen: its sentence and its next step. */
export function toastFailure(failure: ErrorBody): void {
  toast.error(failure.message, { description: nextStepFor('window', failure), duration: TOLD_LONG_MS })
}

const shownFor = new Map<string, string>()
let count = 0

/**
 * The id of a new notice about a subject, whose earlier notice goes away. An id is not used twice: what is
 * told under an id whose notice is just fading out would never be seen.
 */
export function replaceToast(subject: string): string {
  const before = shownFor.get(subject)
  if (before !== undefined) toast.dismiss(before)
  const id = `${subject} ${++count}`
  shownFor.set(subject, id)
  return id
}

/** The result of an "Undo", which can fail like the original call. */
export async function toastUndone(work: Promise<UiResult<unknown>>): Promise<void> {
  const answer = await work
  if (answer.ok) toast.success(text.common.undone)
  else toastFailure(answer.failure)
}

const SLOW_AFTER_MS = 1000

/** After a second, shows what is running and offers to stop waiting; null when the wait was stopped. */
export async function withSlowToast<Result>(words: string, work: Promise<Result>): Promise<Result | null> {
  const left = Promise.withResolvers<null>()
  const id = replaceToast(words)
  const timer = setTimeout(() => {
    toast.loading(words, {
      id,
      duration: Infinity,
      action: { label: text.common.stopWaiting, onClick: () => left.resolve(null) },
    })
  }, SLOW_AFTER_MS)
  try {
    return await Promise.race([work, left.promise])
  } finally {
    clearTimeout(timer)
    toast.dismiss(id)
  }
}
