// Questions to the person, with a clock: no answer in a minute is a no. Calls that ask the very same thing share one question.
import type { AppPatch } from '../../../shared/contract/app.ts'
import type { Approval, Decision } from '../../../shared/contract/approval.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { newId } from '../ids.ts'
import type { Clock } from '../ports.ts'

export const ANSWER_WITHIN_MS = 60_000
const MOST_OF_ONE = 25
const MOST = 100

export type Answer = { decision: Decision; patch: AppPatch | undefined; by?: string | undefined }
export type Verdict = Answer | { decision: 'timed_out' }
type DistributiveOmit<Whole, Key extends PropertyKey> = Whole extends unknown ? Omit<Whole, Key> : never
export type Question = DistributiveOmit<Approval, 'id' | 'askedAt' | 'expiresAt' | 'waiting'>

export type QuestionBoard = {
  list(): Approval[]
  /** `sameAs`: what makes two questions one. Resolves with what the person said, also when that was meant for a twin. */
  ask(question: Question, sameAs: string, signal?: AbortSignal): Promise<Verdict>
  /** @throws KeywayError not_found */
  answer(id: string, answer: Answer): Approval
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

const NO: Answer = { decision: 'deny', patch: undefined }

export function createQuestionBoard(deps: { clock: Clock; onChanged: () => void }): QuestionBoard {
  const { clock, onChanged } = deps
  const open = new Map<string, Open>()
  const close = (entry: Open, verdict: Verdict): void => {
    if (!open.delete(entry.approval.id)) return
    entry.cancelTimer()
    for (const settle of entry.waiters) settle(verdict)
    onChanged()
  }
  const put = (question: Question, sameAs: string): Open => {
    const entry = newQuestion(question, sameAs, clock.now())
    entry.cancelTimer = clock.after(ANSWER_WITHIN_MS, () => close(entry, { decision: 'timed_out' }))
    open.set(entry.approval.id, entry)
    return entry
  }
  const ofApp = (appId: string | null): Open[] =>
    [...open.values()].filter(({ approval }) => approval.appId === appId)

  return {
    list: () => [...open.values()].map(({ approval }) => approval),
    ask(question, sameAs, signal) {
      const twin = [...open.values()].find((entry) => entry.sameAs === sameAs)
      const isTooMuch = open.size >= MOST || ofApp(question.appId).length >= MOST_OF_ONE
      // A flood of questions must not bury the window; what comes on top of it is refused unasked.
      if (signal?.aborted === true || (twin === undefined && isTooMuch)) return Promise.resolve(NO)
      const entry = twin ?? put(question, sameAs)
      const answered = join(entry, signal, (left) => {
        // Nobody waits for the answer any more, so nobody is asked.
        if (left === 0) close(entry, NO)
        else onChanged()
      })
      onChanged()
      return answered
    },
    answer(id, answer) {
      const entry = open.get(id)
      if (entry === undefined) {
        throw new KeywayError('not_found', {
          message: 'That question was answered already, or its time ran out.',
          nextStep: 'Wait for the app to ask again.',
        })
      }
      close(entry, answer)
      return entry.approval
    },
    refuseAllOf(appId) {
      for (const entry of ofApp(appId)) close(entry, NO)
    },
    close() {
      for (const entry of open.values()) close(entry, { decision: 'timed_out' })
    },
  }
}

function newQuestion(question: Question, sameAs: string, askedAt: number): Open {
  const expiresAt = askedAt + ANSWER_WITHIN_MS
  return {
    approval: { ...question, id: newId('ask'), askedAt, expiresAt, waiting: 0 },
    sameAs,
    waiters: new Set(),
    cancelTimer: () => undefined,
  }
}

function join(
  entry: Open,
  signal: AbortSignal | undefined,
  onLeft: (left: number) => void,
): Promise<Verdict> {
  return new Promise((resolve) => {
    const recount = (): void => {
      entry.approval = { ...entry.approval, waiting: entry.waiters.size }
    }
    const leave = (): void => {
      entry.waiters.delete(settle)
      recount()
      resolve(NO)
      onLeft(entry.waiters.size)
    }
    const settle = (verdict: Verdict): void => {
      signal?.removeEventListener('abort', leave)
      resolve(verdict)
    }
    entry.waiters.add(settle)
    signal?.addEventListener('abort', leave, { once: true })
    recount()
  })
}
