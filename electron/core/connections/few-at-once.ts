/** Runs work for many ids, only so many at the same time; the rest waits its turn. */
export type FewAtOnce = { add(id: string): void; close(): void }

export function createFewAtOnce(atOnce: number, work: (id: string) => Promise<void>): FewAtOnce {
  const waiting: string[] = []
  let running = 0
  const start = (id: string): void => {
    running += 1
    void work(id).finally(() => {
      running -= 1
      const next = waiting.shift()
      if (next !== undefined) start(next)
    })
  }
  return {
    add(id) {
      if (running < atOnce) start(id)
      else waiting.push(id)
    },
    close: () => void waiting.splice(0),
  }
}
