// Ends the process without losing an authorization. A refresh request may have used up a rotating refresh
// token, so nothing ends the process until its response is on disk: no second signal, no time limit.
import type { Clock } from './ports.ts'

const SHUTDOWN_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type ShutdownSignal = (typeof SHUTDOWN_SIGNALS)[number]

type SignalSource = Pick<NodeJS.Process, 'on' | 'off' | 'listeners'>

/**
 * From now on only `listener` receives these signals. `when-exit`, a dependency of conf, raises each signal
 * again, which looks like a second one and would end the process without this listener. `takeOver` must be
 * called again when such a library may have been loaded.
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

/** Longer than closing takes when no refresh is running. Milliseconds. */
const CLOSE_LIMIT_MS = 26_000
const SAY_WHY_AFTER_MS = 3_000
const LOOK_EVERY_MS = 1_000

export type Shutdown = {
  /**
   * `closed`: everything is closed. `gave up`: a part does not end, or the person at the terminal does not
   * want to wait.
   */
  readonly ended: Promise<'closed' | 'gave up'>
  /**
   * A further signal. It counts only from a terminal, after the message that offers it, and never while a
   * refresh is running.
   */
  signal(signal: ShutdownSignal): void
}

export function shutDown(deps: {
  clock: Clock
  close: () => Promise<void>
  /** A refresh request is running, or its response is not on disk yet. */
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
  // Keeps the process alive while it waits for work without open handles.
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
