// Ending a process without losing an authorization. A refresh that was sent may have used up a rotating
// refresh token, so nothing ends the process while its answer is on the way or not on disk yet: no second
// signal, no time limit.
import type { Clock } from './ports.ts'

export const SHUTDOWN_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type ShutdownSignal = (typeof SHUTDOWN_SIGNALS)[number]

type SignalSource = Pick<NodeJS.Process, 'on' | 'off' | 'listeners'>

/**
 * From now on `listener` alone hears these signals. `when-exit`, below conf, answers each of them by raising
 * it again, which nothing could tell from a second one; and without a listener behind it that would end the
 * process on the spot. `takeOver` is to be called again once such a library may have been loaded.
 */
export function listenForShutdown(
  source: SignalSource,
  listener: (signal: ShutdownSignal) => void,
): { takeOver(): void } {
  const own = new Map(SHUTDOWN_SIGNALS.map((signal) => [signal, () => listener(signal)]))
  const takeOver = (): void => {
    for (const [signal, mine] of own) {
      for (const other of source.listeners(signal)) {
        if (other !== mine) source.off(signal, other as () => void)
      }
      if (!source.listeners(signal).includes(mine)) source.on(signal, mine)
    }
  }
  takeOver()
  return { takeOver }
}

/** Above what closing may take once no refresh is under way. */
const CLOSE_LIMIT_MS = 26_000
const SAY_WHY_AFTER_MS = 3_000
const LOOK_EVERY_MS = 1_000

export type Shutdown = {
  /**
   * `closed`: everything is. `gave up`: a part does not end, or the person at the terminal wants no more
   * waiting.
   */
  readonly ended: Promise<'closed' | 'gave up'>
  /**
   * Another signal. It counts from a terminal only, after the message that offers it, and never while a
   * refresh is under way.
   */
  signal(signal: ShutdownSignal): void
}

export function shutDown(deps: {
  clock: Clock
  close: () => Promise<void>
  /** A refresh request is out, or its answer not on disk yet. */
  refreshUnderWay: () => boolean
  isTerminal: boolean
  say: (text: string) => void
}): Shutdown {
  const { promise: ended, resolve, reject } = Promise.withResolvers<'closed' | 'gave up'>()
  const startedAt = deps.clock.monotonicMs()
  const said = new Set<string>()
  const say = (text: string): void => {
    if (!said.has(text)) deps.say(text)
    said.add(text)
  }
  const look = (): void => {
    const forMs = deps.clock.monotonicMs() - startedAt
    if (deps.refreshUnderWay()) {
      if (forMs >= SAY_WHY_AFTER_MS) say(WAITING)
    } else if (forMs >= CLOSE_LIMIT_MS) resolve('gave up')
    else if (deps.isTerminal && forMs >= SAY_WHY_AFTER_MS) say(PRESS_AGAIN)
  }
  let cancel = (): void => undefined
  const lookLater = (): void => {
    cancel = deps.clock.after(LOOK_EVERY_MS, () => {
      look()
      lookLater()
    })
  }
  lookLater()
  // What is waited for may hold nothing that keeps a process running.
  const running = setInterval(() => undefined, CLOSE_LIMIT_MS)
  deps.close().then(() => resolve('closed'), reject)
  return {
    ended: ended.finally(() => {
      cancel()
      clearInterval(running)
    }),
    signal(signal) {
      if (signal !== 'SIGINT' || !deps.isTerminal) return
      if (deps.refreshUnderWay()) say(WAITING)
      else if (said.has(PRESS_AGAIN)) resolve('gave up')
    },
  }
}

const WAITING = 'Waiting for a provider to answer a refresh, so that no renewed token is lost.'
const PRESS_AGAIN = 'Stopping takes longer than usual. Press Ctrl+C again to end at once.'
