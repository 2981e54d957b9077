import { toast } from 'sonner'
import { nextStepFor, type ErrorBody } from '../../shared/contract/errors.ts'

/** A failure of something that has no place of its own on the screen: its sentence and its next step. */
export function toastFailure(failure: ErrorBody): void {
  toast.error(failure.message, { description: nextStepFor('window', failure), duration: 10_000 })
}
