// The life of grants under everything that goes wrong, as a simulation: fake clock, seeded faults, crashes at
// any await, and a provider that ends a grant when a used-up refresh token comes back. Renewal and storage
// are the real ones, on real files. A run prints its seed; KEYWAY_SIMULATION_SEED=<seed> vitest run
// test/integration/lifecycle.test.ts is that run again.
import { expect, test } from 'vitest'
import type { RecordStore } from '../../electron/core/ports.ts'
import { createRecordStore } from '../../electron/core/storage/records.ts'
import { runLifecycle } from './lifecycle/run-lifecycle.ts'
import { memoryStores, startConnected } from '../support/start-keyway.ts'
import { createMemoryLogger } from '../support/memory-ports.ts'
import { realClock } from '../support/fake-clock.ts'
import { tempFolder } from '../support/temp-folder.ts'

const ROTATIONS = 10_000
const seed = Number(process.env['KEYWAY_SIMULATION_SEED'] ?? 20_261_121)

test(
  `${ROTATIONS} rotations: no reuse caused by us, no grant lost outside the one window, no dead token`,
  { timeout: 300_000 },
  async () => {
    const figures = await runLifecycle(seed, ROTATIONS, tempFolder())
    process.stdout.write(`lifecycle simulation ${JSON.stringify(figures, null, 2)}\n`)
    expect(figures, `KEYWAY_SIMULATION_SEED=${seed} runs this again`).toMatchObject({
      seed,
      reusesCausedByUs: 0,
      lostOutsideWindow: 0,
      deadTokens: 0,
      unanswered: 0,
      withoutReason: 0,
      damagedFiles: 0,
    })
    expect(figures.rotations).toBeGreaterThanOrEqual(ROTATIONS)
    // A simulation in which nothing went wrong would prove nothing.
    expect(figures.crashes).toBeGreaterThan(100)
    expect(figures.endedByCrash).toBeGreaterThan(10)
    expect(figures.endedByLostAnswer).toBeGreaterThan(5)
    expect(figures.refusedWrites).toBeGreaterThan(100)
    expect(figures.stops).toBeGreaterThan(10)
    expect(figures.clockJumps).toBeGreaterThan(20)
    expect(Object.values(figures.faults ?? {}).every((count) => count > 20)).toBe(true)
  },
)

test('the same seed is the same run', async () => {
  const first = await runLifecycle(7, 150, tempFolder())
  expect(await runLifecycle(7, 150, tempFolder())).toEqual(first)
})

test('the window that no client can close is one write to the disk long', async () => {
  const inner = createRecordStore({
    folder: tempFolder(),
    clock: realClock,
    logger: createMemoryLogger(),
    onCorruptFile: () => undefined,
  })
  let isAnswered = false
  let afterAnswer = 0
  let others = 0
  const connections: RecordStore = {
    ...inner,
    async put(id, value) {
      await inner.put(id, value)
      if (isAnswered) afterAnswer += 1
      else others += 1
      isAnswered = false
    },
  }
  const { keyway, connectionId, oauth, clock } = await startConnected({
    stores: { ...memoryStores(), connections },
  })
  oauth.loss = (outcome) => {
    isAnswered = true
    return outcome
  }
  others = 0
  for (let n = 0; n < 200; n += 1) {
    clock.advance(10_000)
    await keyway.tokens.get(connectionId, { rejected: 'current' })
  }
  // One write notes the refresh before it is sent, one keeps the answer; nothing else is between the answer
  // and the disk.
  expect([afterAnswer, others]).toEqual([200, 200])
  await keyway.close()
})
