// Schedules up to ten thousand ids with a binary heap and a single timer. A changed time adds a new entry;
// the old one is recognized as stale when it is due.
import type { Clock } from '../../ports.ts'

/** Timers stop while some machines sleep, and very long ones overflow, so none is longer than this. */
const MAX_MS = 5 * 60_000

type Entry = { dueAt: number; id: string; version: number }

export type Scheduler = {
  /** Replaces the time of the id in epoch milliseconds; null removes it. */
  set(id: string, dueAt: number | null): void
  dueAt(id: string): number | null
  /** Reads the clock again after it jumped or the machine slept. */
  check(): void
  close(): void
}

export function createScheduler(clock: Clock, onDue: (id: string) => void): Scheduler {
  const heap: Entry[] = []
  const current = new Map<string, Entry>()
  let cancel: (() => void) | null = null
  let armedFor = Number.POSITIVE_INFINITY
  let version = 0
  let isClosed = false

  const isStale = (entry: Entry): boolean => current.get(entry.id) !== entry
  const arm = (): void => {
    while (heap[0] !== undefined && isStale(heap[0])) pop(heap)
    const [first] = heap
    if (isClosed || first === undefined || (cancel !== null && armedFor <= first.dueAt)) return
    cancel?.()
    armedFor = first.dueAt
    cancel = clock.after(Math.min(MAX_MS, Math.max(0, first.dueAt - clock.now())), check)
  }
  const check = (): void => {
    cancel?.()
    cancel = null
    armedFor = Number.POSITIVE_INFINITY
    const now = clock.now()
    const due: string[] = []
    while (heap[0] !== undefined && (isStale(heap[0]) || heap[0].dueAt <= now)) {
      const entry = pop(heap)
      if (entry === undefined || isStale(entry)) continue
      current.delete(entry.id)
      due.push(entry.id)
    }
    arm()
    for (const id of due) onDue(id)
  }

  return {
    set(id, dueAt) {
      if (dueAt === null) {
        current.delete(id)
        return
      }
      if (current.get(id)?.dueAt === dueAt) return
      version += 1
      const entry = { dueAt, id, version }
      current.set(id, entry)
      push(heap, entry)
      arm()
    },
    dueAt: (id) => current.get(id)?.dueAt ?? null,
    check,
    close() {
      isClosed = true
      cancel?.()
      cancel = null
      heap.length = 0
      current.clear()
    },
  }
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.dueAt === other.dueAt ? one.version < other.version : one.dueAt < other.dueAt

function push(heap: Entry[], entry: Entry): void {
  heap.push(entry)
  for (let at = heap.length - 1; at > 0;) {
    const above = (at - 1) >> 1
    if (!swapIfBefore(heap, at, above)) return
    at = above
  }
}

function pop(heap: Entry[]): Entry | undefined {
  const [first] = heap
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return first
  heap[0] = last
  for (let at = 0; ;) {
    const left = 2 * at + 1
    const right = left + 1
    const least =
      heap[right] !== undefined && heap[left] !== undefined && isBefore(heap[right], heap[left])
        ? right
        : left
    if (!swapIfBefore(heap, least, at)) return first
    at = least
  }
}

function swapIfBefore(heap: Entry[], from: number, to: number): boolean {
  const [one, other] = [heap[from], heap[to]]
  if (one === undefined || other === undefined || !isBefore(one, other)) return false
  heap[from] = other
  heap[to] = one
  return true
}
