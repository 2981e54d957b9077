// Questions to the person, with a clock: no answer in a minute is a no. Every call that asks has a question of its own; identical ones are
// only shown as one, so that no answer to one call lets another through.
import type { AppView } from '../../../shared/contract/app.ts'
import type { Approval, Decision } from '../../../shared/contract/approval.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { newId } from '../ids.ts'
import type { Clock } from '../ports.ts'

export const ANSWER_WITHIN_MS = 60_000
const MOST_OF_ONE = 25
const MOST = 100
/** Identical ones included: each may hold a body. */
const MOST_CALLS_OF_ONE = 100

export type Verdict =
  /** `paired`: what the answer made, for the one program that asked. */
  | { decision: Decision; by?: string | undefined; paired?: { app: AppView; key: string } }
  /** Nobody answered; nobody could (the vault was locked meanwhile); nobody waits any more; or it was not put to anybody. */
  | { decision: 'timed_out' | 'locked' | 'gone' | 'too_many' }
type DistributiveOmit<Whole, Key extends PropertyKey> = Whole extends unknown ? Omit<Whole, Key> : never
export type Question = DistributiveOmit<Approval, 'id' | 'askedAt' | 'expiresAt' | 'waiting'>

export type QuestionBoard = {
  /** Identical calls as one, the oldest of them. */
  list(): Approval[]
  /** `sameAs`: calls with the same text are shown as one; null: this call is like no other. */
  ask(question: Question, sameAs: string | null, signal?: AbortSignal): Promise<Verdict>
  /** @throws KeywayError not_found */
  need(id: string): Approval
  /** Every call that waits, each with its own id. */
  each(): Approval[]
  /** Those that are shown together with this one, itself included. */
  groupOf(id: string): Approval[]
  settle(id: string, verdict: Verdict): void
  settleAll(verdict: Verdict): void
}

type Open = {
  readonly approval: Approval
  readonly sameAs: string | null
  readonly settle: (verdict: Verdict) => void
}

export function createQuestionBoard(deps: { clock: Clock; onChanged: () => void }): QuestionBoard {
  const { clock, onChanged } = deps
  const open = new Map<string, Open>()
  const groups = (): Open[][] => grouped(open.values())
  const settle = (id: string, verdict: Verdict): void => {
    const entry = open.get(id)
    if (!open.delete(id)) return
    entry?.settle(verdict)
    onChanged()
  }
  return {
    list: () =>
      groups().flatMap((group) =>
        group[0] === undefined ? [] : [{ ...group[0].approval, waiting: group.length }],
      ),
    ask(question, sameAs, signal) {
      if (signal?.aborted === true) return Promise.resolve({ decision: 'gone' })
      // A flood of questions must not bury the window; what comes on top of it is refused unasked.
      if (isTooMuch(groups(), question.appId, sameAs)) return Promise.resolve({ decision: 'too_many' })
      const askedAt = clock.now()
      // Whoever asks keeps no hand on what is shown, and from which it is granted.
      const shown = structuredClone(question)
      const id = newId('ask')
      const approval = { ...shown, id, askedAt, expiresAt: askedAt + ANSWER_WITHIN_MS, waiting: 1 }
      return new Promise((resolve) => {
        const leave = (): void => settle(id, { decision: 'gone' })
        const cancelTimer = clock.after(ANSWER_WITHIN_MS, () => settle(id, { decision: 'timed_out' }))
        const over = (verdict: Verdict): void => {
          cancelTimer()
          signal?.removeEventListener('abort', leave)
          resolve(verdict)
        }
        open.set(id, { approval, sameAs, settle: over })
        signal?.addEventListener('abort', leave, { once: true })
        onChanged()
      })
    },
    need(id) {
      const entry = open.get(id)
      if (entry !== undefined) return entry.approval
      throw new KeywayError('not_found', {
        message: 'That question was answered already, or its time ran out.',
        nextStep: 'Wait for the app to ask again.',
      })
    },
    each: () => [...open.values()].map(({ approval }) => approval),
    groupOf(id) {
      const group = groups().find((entries) => entries.some(({ approval }) => approval.id === id)) ?? []
      return group.map(({ approval }) => approval)
    },
    settle,
    settleAll(verdict) {
      const ids = [...open.keys()]
      for (const id of ids) settle(id, verdict)
    },
  }
}

const grouped = (entries: Iterable<Open>): Open[][] => [
  ...Map.groupBy(entries, ({ approval, sameAs }) => sameAs ?? approval.id).values(),
]

function isTooMuch(shown: readonly Open[][], appId: string | null, sameAs: string | null): boolean {
  const ofApp = shown.filter(([first]) => first?.approval.appId === appId)
  if (ofApp.flat().length >= MOST_CALLS_OF_ONE) return true
  if (shown.some(([first]) => sameAs !== null && first?.sameAs === sameAs)) return false
  return shown.length >= MOST || ofApp.length >= MOST_OF_ONE
}
