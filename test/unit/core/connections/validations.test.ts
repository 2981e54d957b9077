import { expect, test } from 'vitest'
import { settle } from '../../../support/settle.ts'
import { startConnected } from '../../../support/start-keyway.ts'

const HOUR_MS = 3600_000
const provider = {
  spec: {
    endpoints: { authorization: 'https://p.example.test/a', token: 'https://p.example.test/t' },
    account: { validation: { url: 'https://p.example.test/validate', everySeconds: 600, scheme: 'OAuth' } },
  },
}

async function start(verdict: 'valid' | 'invalid' | 'unknown') {
  const started = await startConnected({ provider })
  let asked = 0
  started.oauth.validate = async () => {
    asked += 1
    return verdict
  }
  return { ...started, asked: () => asked }
}

test('a provider that wants its tokens checked is asked as often as it wants', async () => {
  const { clock, asked } = await start('valid')
  for (let minute = 0; minute < 35; minute += 1) {
    clock.advance(60_000)
    await settle(5)
  }
  expect(asked()).toBe(3)
})

test('a token that it rejects is refreshed, and the old one is not served', async () => {
  const { keyway, connectionId, server, clock, asked } = await start('invalid')
  const before = await keyway.tokens.get(connectionId, {})
  clock.advance(600_000)
  await settle()
  expect(asked()).toBe(1)
  expect(server.counts.refreshes).toBe(1)
  expect(await keyway.tokens.get(connectionId, {})).not.toEqual(before)
})

test('no clear answer changes nothing', async () => {
  const { keyway, connectionId, server, clock } = await start('unknown')
  clock.advance(HOUR_MS / 2)
  await settle()
  expect(server.counts.refreshes).toBe(0)
  expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('ok')
})

test('others are never asked, and a locked vault asks nobody', async () => {
  const { vault, clock, asked } = await start('valid')
  vault.lock()
  clock.advance(HOUR_MS / 2)
  await settle()
  expect(asked()).toBe(0)
})
