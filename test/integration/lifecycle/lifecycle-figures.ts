import type { FaultCounts } from './faulty-provider.ts'

export type LifecycleFigures = {
  seed: number
  rotations: number
  simulatedDays: number
  callers: number
  answers: Record<string, number>
  crashes: number
  /** Times it was asked to end and did. */
  stops: number
  refusedWrites: number
  /** Files that were not whole. There must be none: a crash tears no file that counts. */
  damagedFiles: number
  clockJumps: number
  faults: FaultCounts | null
  /**
   * Grants whose used-up token came back while its successor had never reached the disk: the window that no
   * client can close.
   */
  lostInWindow: number
  /** Of the endings that followed, those after a crash, and those after an answer that the network lost. */
  endedByCrash: number
  endedByLostAnswer: number
  /** A used-up token came back although its successor was on disk. There must be none. */
  reusesCausedByUs: number
  /** Endings that no loss in the window explains. There must be none. */
  lostOutsideWindow: number
  /** Tokens that were handed out and did not work. There must be none. */
  deadTokens: number
  /** Calls that were not answered within their deadline. There must be none. */
  unanswered: number
  /** Endings whose reason the person is not told. There must be none. */
  withoutReason: number
}

export function newFigures(seed: number): LifecycleFigures {
  return {
    seed,
    rotations: 0,
    simulatedDays: 0,
    callers: 0,
    answers: {},
    crashes: 0,
    stops: 0,
    refusedWrites: 0,
    damagedFiles: 0,
    clockJumps: 0,
    faults: null,
    lostInWindow: 0,
    endedByCrash: 0,
    endedByLostAnswer: 0,
    reusesCausedByUs: 0,
    lostOutsideWindow: 0,
    deadTokens: 0,
    unanswered: 0,
    withoutReason: 0,
  }
}
