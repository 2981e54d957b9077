import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { listenForShutdown, shutDown } from '../../../electron/core/shutdown.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

function begin({ isTerminal = true, refreshing = false } = {}) {
  const clock = createFakeClock()
  const closing = Promise.withResolvers<void>()
  const state = { refreshing }
  const said: string[] = []
  let outcome: string | null = null
  const shutdown = shutDown({
    clock,
    isTerminal,
    close: () => closing.promise,
    refreshUnderWay: () => state.refreshing,
    say: (text) => said.push(text),
  })
  void shutdown.ended.then((how) => (outcome = how))
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return {
    clock,
    state,
    said,
    signal: shutdown.signal,
    close: closing.resolve,
    outcome: async () => {
      await turn()
      return outcome
    },
  }
}

test('a second Ctrl+C counts only after the message that offers it', async () => {
  const { signal, said, clock, outcome } = begin()
  for (let time = 0; time < 5; time += 1) signal('SIGINT')
  expect(await outcome()).toBeNull()
  clock.advance(3_000)
  expect(said).toEqual([expect.stringMatching(/Press Ctrl\+C again/)])
  for (const other of ['SIGTERM', 'SIGHUP'] as const) signal(other)
  expect(await outcome()).toBeNull()
  signal('SIGINT')
  expect(await outcome()).toBe('gave up')
})

test('without a terminal no second signal counts, and the message is not offered', async () => {
  const { signal, said, clock, close, outcome } = begin({ isTerminal: false })
  clock.advance(10_000)
  expect(said).toEqual([])
  for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) signal(each)
  expect(await outcome()).toBeNull()
  close()
  expect(await outcome()).toBe('closed')
})

test('while a refresh is under way nothing ends it: no signal, no time limit', async () => {
  const { signal, said, state, clock, outcome } = begin({ refreshing: true })
  clock.advance(300_000)
  signal('SIGINT')
  expect(said).toEqual([expect.stringMatching(/Waiting for a provider/)])
  expect(await outcome()).toBeNull()
  // Another refresh started after the message, so it is awaited too.
  state.refreshing = false
  clock.advance(1_000)
  expect(await outcome()).toBe('gave up')
})

test('a refresh that began after the message holds a second Ctrl+C too', async () => {
  const { signal, said, state, clock, outcome } = begin()
  clock.advance(4_000)
  expect(said).toEqual([expect.stringMatching(/Press Ctrl\+C again/)])
  state.refreshing = true
  signal('SIGINT')
  expect(await outcome()).toBeNull()
  state.refreshing = false
  signal('SIGINT')
  expect(await outcome()).toBe('gave up')
})

test('a part that does not end keeps the process for a while only', async () => {
  const { clock, outcome } = begin({ isTerminal: false })
  clock.advance(25_000)
  expect(await outcome()).toBeNull()
  clock.advance(2_000)
  expect(await outcome()).toBe('gave up')
})

test('listeners that a library adds to the signals are taken off, also those that came later', () => {
  const source = new EventEmitter() as EventEmitter & Pick<NodeJS.Process, 'on' | 'off' | 'listeners'>
  const heard: string[] = []
  // Like when-exit: raise the signal again.
  const library = (signal: string) => source.once(signal, () => void source.emit(signal))
  library('SIGTERM')
  const { takeOver } = listenForShutdown(source, (signal) => heard.push(signal))
  library('SIGHUP')
  source.emit('SIGHUP')
  // The control: a library that is still registered turns one signal into two.
  expect(heard).toEqual(['SIGHUP', 'SIGHUP'])
  library('SIGINT')
  takeOver()
  heard.length = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) source.emit(signal)
  expect(heard).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP'])
})
