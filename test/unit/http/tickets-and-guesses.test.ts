import { expect, test } from 'vitest'
import { createGuessDelay } from '../../../electron/http/security/guess-delay.ts'
import { createOneTimeTickets } from '../../../electron/http/connections/tickets.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

test('a ticket opens once, in its time, and looking does not use it up', () => {
  const clock = createFakeClock()
  const tickets = createOneTimeTickets<string>(clock)
  const { ticket } = tickets.issue('door', 1000)
  expect(ticket).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect([tickets.look(ticket), tickets.look(ticket), tickets.take(ticket), tickets.take(ticket)]).toEqual([
    'door',
    'door',
    'door',
    null,
  ])
  const late = tickets.issue('door', 1000)
  clock.advance(1000)
  expect(tickets.take(late.ticket)).toBeNull()
})

test('tickets do not pile up without end', () => {
  const tickets = createOneTimeTickets<number>(createFakeClock())
  const first = tickets.issue(0, 1_000_000).ticket
  for (let made = 1; made <= 10_000; made += 1) tickets.issue(made, 1_000_000)
  expect(tickets.look(first)).toBeNull()
})

test('one owner’s tickets give way to its own, never another’s', () => {
  const tickets = createOneTimeTickets<string>(createFakeClock())
  const other = tickets.issue('other', 1_000_000, 'b').ticket
  const first = tickets.issue('first', 1_000_000, 'a').ticket
  for (let made = 0; made < 12_000; made += 1) tickets.issue('flood', 1_000_000, 'a')
  const last = tickets.issue('last', 1_000_000, 'a').ticket
  expect([tickets.look(other), tickets.look(first), tickets.look(last)]).toEqual(['other', null, 'last'])
})

test('the delay of wrong keys grows to a second, per peer, and is forgotten after a quiet minute', () => {
  const clock = createFakeClock()
  const guesses = createGuessDelay(clock)
  const guess = (peer: string) => {
    const delay = guesses.wrong(peer)
    delay?.done()
    return delay?.waitMs
  }
  expect(Array.from({ length: 12 }, () => guess('a'))).toEqual([
    0, 0, 0, 0, 0, 25, 50, 100, 200, 400, 800, 1000,
  ])
  expect(guess('b')).toBe(0)
  clock.advance(60_001)
  expect(guess('a')).toBe(0)
})

test('more than 64 refusals waiting at once are turned away', () => {
  const guesses = createGuessDelay(createFakeClock())
  const delays = Array.from({ length: 65 }, () => guesses.wrong('a'))
  expect(delays.slice(0, 64).every((delay) => delay !== null)).toBe(true)
  expect(delays[64]).toBeNull()
  delays[0]?.done()
  expect(guesses.wrong('a')).not.toBeNull()
})
