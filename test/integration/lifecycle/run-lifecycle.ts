// Many lives of one Keyway beside one provider that ends a grant when a used-up refresh token comes back. It
// drives time, callers, faults and crashes from one seed, and judges every answer: a token must work at the
// provider now; a lost grant must lie in the one window.
import { openTokens } from '../../../electron/core/connections/store/sealed.ts'
import type { TokenResult } from '../../../electron/core/connections/tokens/types.ts'
import type { RecordStore } from '../../../electron/core/ports.ts'
import { createRecordStore } from '../../../electron/core/storage/records.ts'
import { secretBoxOf } from '../../../electron/core/vault/status.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { aProvider } from '../../support/builders.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeOAuthClient } from '../../support/fake-oauth-client.ts'
import { createMemoryLogger } from '../../support/memory-ports.ts'
import { createMemoryProvider } from '../../support/memory-provider.ts'
import { settle } from '../../support/settle.ts'
import { memoryStores, signIn, startTestKeyway, type TestKeyway } from '../../support/start-keyway.ts'
import { createFaultyFiles } from './faulty-files.ts'
import { makeFaulty } from './faulty-provider.ts'
import { type LifecycleFigures, newFigures } from './lifecycle-figures.ts'
import { type Life, startLife } from './one-life.ts'
import { createSeededRandom } from './seeded-random.ts'

const CONNECTIONS = 6
const LIFETIME_S = 600
const DEADLINE_MS = 15_000
/** Of each effect, that the process dies in front of it; and as often right behind it. */
const DEATH = 0.0006
const BY_CRASH = /stopped between the provider's answer and its saving/
const BY_LOST_ANSWER = /never arrived whole/

/** `folder`: where the connections are kept, as files; empty at the start. */
export async function runLifecycle(
  seed: number,
  rotations: number,
  folder: string,
): Promise<LifecycleFigures> {
  const world = createWorld(seed, folder)
  await world.begin()
  await world.connectAll()
  while (world.rotations() < rotations) {
    world.callSomebody()
    await settle(4)
    world.disturb()
    await world.passTime()
    await world.crashSometimes()
    await world.stopSometimes()
    await world.reconnectEnded()
  }
  return world.finish()
}

const accountOf = ({ value }: { value: unknown }): string => (value as ConnectionRecord).account
const byAccount = (one: { value: unknown }, other: { value: unknown }): number =>
  accountOf(one).localeCompare(accountOf(other))

type Pending = { deadline: number; life: Life }

function createWorld(seed: number, folder: string) {
  const random = createSeededRandom(seed)
  const figures = newFigures(seed)
  const clock = createFakeClock()
  const server = createMemoryProvider(clock)
  server.lifetimeSeconds = LIFETIME_S
  const oauth = createFakeOAuthClient(clock, server)
  const stores = memoryStores()
  const disk = createFaultyFiles(random)
  const durable = new Set<string>()
  const pending = new Set<Pending>()
  const ids: string[] = []
  let providerId = ''
  let wallError = 0
  const endings = (): number => figures.endedByCrash + figures.endedByLostAnswer + figures.withoutReason
  let life: Life = startLife()
  let now: TestKeyway

  server.onReuse = ({ successor }) => {
    if (durable.has(successor)) figures.reusesCausedByUs += 1
    else figures.lostInWindow += 1
  }
  const dieAtEffects = (): void => {
    const mine = life
    mine.onEffect = () => {
      if (random.chance(DEATH)) mine.cut()
    }
  }
  /** As the process opens it at its start. */
  const openStore = (): RecordStore => {
    const ops = disk.opsFor(life.around)
    const damaged = (): void => void (figures.damagedFiles += 1)
    const store = createRecordStore({
      folder,
      clock,
      logger: createMemoryLogger(),
      onCorruptFile: damaged,
      ops,
    })
    return {
      ...store,
      // Ids are random; the order in which a seed's connections are loaded must not be.
      loadAll: async () => (await store.loadAll()).toSorted(byAccount),
      async put(id, value) {
        await store.put(id, value)
        const { refreshToken } = openTokens(secretBoxOf(now.vault), value as ConnectionRecord)
        if (refreshToken !== null) durable.add(refreshToken.reveal())
      },
    }
  }
  const begin = async (): Promise<void> => {
    life = startLife()
    const connections = openStore()
    const wrapped = { stores: life.stores({ ...stores, connections }), clock: life.clock(clock) }
    now = await startTestKeyway({ ...wrapped, server, oauth: life.oauth(oauth), random: random.next })
    dieAtEffects()
  }
  /** What waits for a refresh under way waits for the clock. */
  const whileTimePasses = async <Result>(work: Promise<Result>): Promise<Result> => {
    const state = { isDone: false }
    const finish = (): void => {
      state.isDone = true
    }
    void work.then(finish, finish)
    for (await settle(4); !state.isDone; await settle(4)) clock.advance(500)
    return work
  }
  /** A person at a machine that behaves, for once. */
  const undisturbed = async <Result>(task: () => Promise<Result>): Promise<Result> => {
    const { script, loss } = oauth
    const { state } = disk
    Object.assign(oauth, { script: null, loss: null })
    Object.assign(disk, { state: 'fine', isReliable: true })
    life.onEffect = null
    try {
      return await whileTimePasses(task())
    } finally {
      Object.assign(oauth, { script, loss })
      Object.assign(disk, { state, isReliable: false })
      dieAtEffects()
    }
  }
  const signInAs = (n: number, connectionId: string | null): Promise<string> =>
    undisturbed(async () => {
      server.account = { id: `u-${n}`, label: `u${n}@example.test` }
      const flow = await signIn(now, {
        providerId,
        connectionId,
        account: connectionId === null ? `a${n}` : null,
      })
      if (flow.kind !== 'done') throw new Error(`the sign-in ended as ${JSON.stringify(flow)}`)
      return flow.connectionId
    })
  const judge = (result: TokenResult): void => {
    figures.answers[result.kind] = (figures.answers[result.kind] ?? 0) + 1
    if (result.kind !== 'ok') return
    const since = server.deadSince(result.token.accessToken.reveal())
    // What ended in this very moment nobody here can know of yet.
    if (since !== null && since < clock.monotonicMs()) figures.deadTokens += 1
  }
  const judgeError = (error: unknown): void => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    figures.answers[code] = (figures.answers[code] ?? 0) + 1
  }
  const checkDeadlines = async (): Promise<void> => {
    for (const entry of pending) {
      if (!entry.life.alive) pending.delete(entry)
      else if (clock.monotonicMs() > entry.deadline) {
        await settle(20)
        if (pending.delete(entry) && entry.life.alive) figures.unanswered += 1
      }
    }
  }

  return {
    begin,
    rotations: () => server.counts.rotations,
    async connectAll() {
      providerId = now.keyway.providers.create(aProvider()).id
      for (let n = 0; n < CONNECTIONS; n += 1) ids.push(await signInAs(n, null))
      figures.faults = makeFaulty(oauth, { clock, random, life: () => life })
    },
    callSomebody() {
      for (let callers = random.below(4); callers > 0; callers -= 1) {
        const entry = { deadline: clock.monotonicMs() + DEADLINE_MS, life }
        pending.add(entry)
        figures.callers += 1
        const dice = random.next()
        const ask =
          dice < 0.2
            ? { rejected: 'current' as const }
            : dice < 0.4
              ? { minValidSeconds: random.below(900) }
              : {}
        void now.keyway.tokens
          .get(random.pick(ids), ask)
          .then(judge, judgeError)
          .finally(() => pending.delete(entry))
      }
    },
    disturb() {
      if (disk.state !== 'fine') disk.state = random.chance(0.1) ? 'fine' : disk.state
      else if (random.chance(0.004)) disk.state = random.pick(['full', 'read-only'] as const)
      if (!random.chance(0.005)) return
      // The clock runs ahead, or a little behind, or is set right again.
      const next = random.pick([0, 0, 3600_000, 30 * 86_400_000, -20_000])
      clock.jumpTo(clock.now() - wallError + next)
      wallError = next
      figures.clockJumps += 1
      if (random.chance(0.5)) now.keyway.wake()
    },
    async passTime() {
      clock.advance(random.chance(0.7) ? random.below(5_000) : random.below(LIFETIME_S * 400))
      await settle(4)
      await checkDeadlines()
    },
    /** Killed at an effect already, or now, in the middle of whatever waits for its turn. */
    async crashSometimes() {
      if (life.alive && random.chance(0.003)) {
        await settle(random.below(6))
        life.cut()
      }
      if (life.alive) return
      figures.crashes += 1
      clock.advance(random.below(120_000))
      await begin()
    },
    /** Asked to end, in the middle of whatever is under way: that costs no grant. */
    async stopSometimes() {
      if (!life.alive || !random.chance(0.002)) return
      const stopped = life
      const closing = { isOver: false }
      void now.keyway.close().then(() => (closing.isOver = true))
      // It may be killed on the way out, and then its goodbye never comes.
      for (await settle(4); !closing.isOver && stopped.alive; await settle(4)) clock.advance(500)
      if (stopped.alive) figures.stops += 1
      else figures.crashes += 1
      stopped.cut()
      clock.advance(random.below(120_000))
      await begin()
    },
    async reconnectEnded() {
      for (const [n, id] of ids.entries()) {
        const last = now.keyway.connections.record(id)?.lastOutcome
        if (!life.alive || last?.status !== 'reconnect_needed' || last.retryAt !== null) continue
        if (BY_CRASH.test(last.message ?? '')) figures.endedByCrash += 1
        else if (BY_LOST_ANSWER.test(last.message ?? '')) figures.endedByLostAnswer += 1
        else figures.withoutReason += 1
        await signInAs(n, id)
      }
    },
    async finish(): Promise<LifecycleFigures> {
      life.onEffect = null
      if (life.alive) await whileTimePasses(now.keyway.close())
      return {
        ...figures,
        rotations: server.counts.rotations,
        refusedWrites: disk.refused,
        lostOutsideWindow: Math.max(0, endings() - figures.lostInWindow),
        simulatedDays: Math.round(clock.monotonicMs() / 8_640_000) / 10,
      }
    },
  }
}
