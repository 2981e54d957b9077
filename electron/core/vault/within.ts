import type { Clock } from '../ports.ts'

/** Waits for `work` at most `timeoutMs`, then fails with `late()`. The work itself goes on; its late answer is dropped. */
export function within<Result>(
  clock: Clock,
  timeoutMs: number,
  work: Promise<Result>,
  late: () => Error,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => reject(late()))
    work.then(resolve, reject).finally(cancel)
  })
}
