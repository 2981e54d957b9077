// Questions to the person, with a clock: no answer in a minute is a no. Calls that ask the very same thing share one question.
import type { AppPatch } from '../../../shared/contract/app.ts'
import type { Approval, Decision } from '../../../shared/contract/approval.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { newId } from '../ids.ts'
import type { Clock } from '../ports.ts'

export const ANSWER_WITHIN_MS = 60_000
const MOST_OF_ONE = 25
const MOST = 100

export type Verdict = { decision: Decision; patch: AppPatch | undefined } | { decision: 'timed_out' }
type DistributiveOmit<Whole, Key extends PropertyKey> = Whole extends unknown ? Omit<Whole, Key> : never
export type Question = DistributiveOmit<Approval, 'id' | 'askedAt' | 'expiresAt' | 'waiting'>

export type QuestionBoard = {
  list(): Approval[]
  get(id: string): Approval | null
  /** `sameAs`: what makes two questions one. Resolves with what the person said, also when that was meant for a twin. */
  ask(question: Question, sameAs: string, signal?: AbortSignal): Promise<Verdict>
  /** @throws KeywayError not_found */
  answer(id: string, verdict: Exclude<Verdict, { decision: 'timed_out' }>): Approval
  /** Says no to what waits for an app. */
  refuseAllOf(appId: string): void
  close(): void
}

type Open = {
  approval: Approval
  sameAs: string
  waiters: Set<(verdict: Verdict) => void>
  cancelTimer: () => void
}

export function createQuestionBoard(deps: { clock: Clock; onChanged: () => void }): QuestionBoard {
  const { clock } = deps
  const open = new Map<string, Open>()

  const close = (entry: Open, verdict: Verdict): void => {
    if (!open.delete(entry.approval.id)) return
    entry.cancelTimer()
    for (const settle of entry.waiters) settle(verdict)
    deps.onChanged()
  }
  const openQuestion = (question: Question, sameAs: string): Open => {
    const askedAt = clock.now()
    const approval = {
      ...question,
      id: newId('ask'),
      askedAt,
      expiresAt: askedAt + ANSWER_WITHIN_MS,
      waiting: 0,
    } as Approval
    const entry: Open = { approval, sameAs, waiters: new Set(), cancelTimer: () => undefined }
    entry.cancelTimer = clock.after(ANSWER_WITHIN_MS, () => close(entry, { decision: 'timed_out' }))
    open.set(approval.id, entry)
    return entry
  }
  const isTooMuch = ({ appId }: Question): boolean =>
    open.size >= MOST ||
    [...open.values()].filter(({ approval }) => approval.appId === appId).length >= MOST_OF_ONE

  return {
    list: () => [...open.values()].map(({ approval }) => approval),
    get: (id) => open.get(id)?.approval ?? null,
    ask(question, sameAs, signal) {
      const twin = [...open.values()].find((entry) => entry.sameAs === sameAs)
      // A flood of questions must not bury the window; what comes on top of it is refused unasked.
      if (signal?.aborted === true || (twin === undefined && isTooMuch(question))) {
        return Promise.resolve({ decision: 'deny', patch: undefined })
      }
      const entry = twin ?? openQuestion(question, sameAs)
      return new Promise((resolve) => {
        const recount = (): void => {
          entry.approval = { ...entry.approval, waiting: entry.waiters.size }
          deps.onChanged()
        }
        const leave = (): void => {
          entry.waiters.delete(settle)
          resolve({ decision: 'deny', patch: undefined })
          // Nobody waits for the answer any more, so nobody is asked.
          if (entry.waiters.size === 0) close(entry, { decision: 'deny', patch: undefined })
          else recount()
        }
        const settle = (verdict: Verdict): void => {
          signal?.removeEventListener('abort', leave)
          resolve(verdict)
        }
        entry.waiters.add(settle)
        signal?.addEventListener('abort', leave, { once: true })
        recount()
      })
    },
    answer(id, verdict) {
      const entry = open.get(id)
      if (entry === undefined) {
        throw new KeywayError('not_found', {
          message: 'That question was answered already, or its time ran out.',
          nextStep: 'Wait for the app to ask again.',
        })
      }
      close(entry, verdict)
      return entry.approval
    },
    refuseAllOf(appId) {
      for (const entry of open.values()) {
        if (entry.approval.appId === appId) close(entry, { decision: 'deny', patch: undefined })
      }
    },
    close() {
      for (const entry of open.values()) close(entry, { decision: 'timed_out' })
    },
  }
}
