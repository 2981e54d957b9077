import { expect, test } from 'vitest'
import { awaitSignIn, type ServerEvent, type EventFeed } from '../../../electron/cli/events.ts'

type Flow = { id: string; state: string; provider?: string; account?: string | null; code?: string }

function eventsOf(flows: readonly Flow[]): EventFeed {
  const queue: ServerEvent[] = flows.map(({ id, provider = 'acme', account = null, ...rest }) => ({
    name: 'flow.changed',
    data: { flowId: id, provider, account, connectionId: null, ...rest },
  }))
  let close = (): void => undefined
  const closed = new Promise<null>((resolve) => (close = () => resolve(null)))
  return { next: () => Promise.resolve(queue.shift() ?? closed), close: () => close() }
}

const wait = (
  flows: readonly Flow[],
  more: { account?: string; linkExpiresAt?: number; onQuestion?: () => void } = {},
) =>
  awaitSignIn(eventsOf(flows), {
    slug: 'acme',
    account: null,
    flowId: null,
    linkExpiresAt: Date.now() + 60_000,
    onQuestion: () => undefined,
    ...more,
  })

test('other providers, other accounts and an earlier attempt that makes room are not mistaken for ours', async () => {
  const flows = [
    { id: 'old', state: 'cancelled' },
    { id: 'a', state: 'done', provider: 'other' },
    { id: 'b', state: 'done', account: 'home' },
    { id: 'ours', state: 'waiting_for_browser', account: 'work' },
    { id: 'c', state: 'failed', account: 'work', code: 'access_denied' },
    { id: 'ours', state: 'done', account: 'Work' },
  ]
  expect(await wait(flows, { account: 'work' })).toEqual({
    kind: 'done',
    connection: { connectionId: null, account: 'Work' },
  })
})

test('how it failed is told; a code that this version does not know is a failure all the same', async () => {
  expect(await wait([{ id: 'x', state: 'failed', code: 'access_denied' }])).toEqual({
    kind: 'failed',
    code: 'access_denied',
  })
  expect(await wait([{ id: 'x', state: 'failed', code: 'brand_new' }])).toEqual({
    kind: 'failed',
    code: 'internal_error',
  })
  const cancelled = [
    { id: 'x', state: 'exchanging' },
    { id: 'x', state: 'cancelled' },
  ]
  expect(await wait(cancelled)).toEqual({ kind: 'failed', code: 'flow_cancelled' })
})

test('a link that nobody opened ends the wait, a question to the person is pointed out', async () => {
  expect(await wait([], { linkExpiresAt: Date.now() })).toEqual({ kind: 'failed', code: 'flow_expired' })
  let asked = 0
  const flows = [
    { id: 'x', state: 'confirming_account' },
    { id: 'x', state: 'done' },
  ]
  await wait(flows, { onQuestion: () => (asked += 1) })
  expect(asked).toBe(1)
})
