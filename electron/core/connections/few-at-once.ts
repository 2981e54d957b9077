/** Runs work for many ids, only so many of one lane at the same time; the rest waits its turn. Lanes do not wait for each other. */
export type FewAtOnce = { add(id: string): void; close(): void }

export function createFewAtOnce(
  atOnce: number,
  work: (id: string) => Promise<void>,
  laneOf: (id: string) => string = () => '',
): FewAtOnce {
  const lanes = new Map<string, { running: number; waiting: string[] }>()
  const start = (name: string, lane: { running: number; waiting: string[] }, id: string): void => {
    lane.running += 1
    void work(id).finally(() => {
      lane.running -= 1
      const next = lane.waiting.shift()
      if (next !== undefined) start(name, lane, next)
      else if (lane.running === 0) lanes.delete(name)
    })
  }
  return {
    add(id) {
      const name = laneOf(id)
      const lane = lanes.get(name) ?? { running: 0, waiting: [] }
      lanes.set(name, lane)
      if (lane.running < atOnce) start(name, lane, id)
      else lane.waiting.push(id)
    },
    close() {
      for (const { waiting } of lanes.values()) waiting.splice(0)
    },
  }
}
