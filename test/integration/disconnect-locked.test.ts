// Disconnecting while the vault is locked: what is to be revoked cannot be opened then, so it is out of use
// at once and revoked later.
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openKeyway, type OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { aConnect, anApp, aProvider } from '../support/builders.ts'
import { realClock } from '../support/fake-clock.ts'
import { startLocal } from '../support/local-api.ts'
import { createMemoryProvider } from '../support/memory-provider.ts'
import { openDeps, openTestKeyway, PASSPHRASE } from '../support/open-test-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

const SLOWLY = { timeout: 60_000 }

async function startProvider() {
  const books = createMemoryProvider(realClock)
  const state = { refusesRevocations: false, asked: 0 }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const form = new URLSearchParams(text)
      if (request.url === '/revoke') {
        state.asked += 1
        if (!state.refusesRevocations) books.revoke(form.get('token') ?? '')
        response.writeHead(state.refusesRevocations ? 503 : 200).end()
        return
      }
      const tokens = books.exchange(form.get('code') ?? '')
      if ('error' in tokens) throw new Error(tokens.error)
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          access_token: tokens.accessToken,
          refresh_token: tokens.refreshToken,
          token_type: 'Bearer',
          expires_in: 3600,
        }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()))
  return Object.assign(state, { books, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

async function startConnected() {
  const provider = await startProvider()
  const folder = join(tempFolder(), 'data')
  const opened = await openTestKeyway(folder)
  onTestFinished(() => opened.close())
  const { keyway } = opened
  const endpoints = Object.fromEntries(
    ['authorization', 'token', 'revocation'].map((name) => [
      name,
      `${provider.url}/${name.replace('revocation', 'revoke')}`,
    ]),
  )
  const { id: providerId } = keyway.providers.create(aProvider({ spec: { endpoints } }))
  const flow = await keyway.connections.connect(aConnect({ providerId, open: 'link-only' }))
  if (flow.kind !== 'waiting_for_browser') throw new Error(flow.kind)
  const state = new URL(flow.authorizationUrl).searchParams.get('state') ?? ''
  const code = provider.books.authorise(['read', 'write'])
  const done = await keyway.flows.callback(new URLSearchParams({ code, state }))
  if (done.flow?.kind !== 'done') throw new Error(JSON.stringify(done.failure))
  const { connectionId } = done.flow
  const token = await keyway.tokens.get(connectionId, {})
  if (token.kind !== 'ok') throw new Error(token.kind)
  const accessToken = token.token.accessToken.reveal()
  const isAlive = () => provider.books.isAlive(accessToken)
  const { key } = keyway.apps.create(anApp())
  await keyway.ui['vault.lock'](undefined)
  expect(isAlive()).toBe(true)
  return { provider, folder, opened, keyway, providerId, connectionId, key, isAlive }
}

const filesOf = (folder: string, id: string): string[] =>
  readdirSync(join(folder, 'connections')).filter((name) => name.startsWith(id))

async function reopen(folder: string): Promise<OpenedKeyway> {
  const opened = await openKeyway(openDeps(folder))
  onTestFinished(() => opened.close())
  return opened
}

test('it is out of use at once, over a restart too, and revoked at the provider at the next unlock', async () => {
  const { provider, folder, opened, keyway, connectionId, key, isAlive } = await startConnected()
  const local = await startLocal(keyway)
  const answer = await local.call('/api/integrations/acme/connection', { key, method: 'DELETE' })
  expect(answer.status).toBe(204)
  expect(answer.headers.get('keyway-revocation')).toBe('queued')
  expect(keyway.connections.list()).toEqual([])
  expect((await local.ask('/api/integrations/acme/token', { key })).status).toBe(409)
  await opened.close()

  const again = await reopen(folder)
  expect(again.keyway.connections.get(connectionId)).toBeNull()
  // Still sealed on disk, for it is needed.
  expect(filesOf(folder, connectionId)).not.toEqual([])
  expect({ asked: provider.asked, isAlive: isAlive() }).toEqual({ asked: 0, isAlive: true })
  await again.vault.unlock(PASSPHRASE)
  await expect.poll(isAlive, SLOWLY).toBe(false)
  await expect.poll(() => filesOf(folder, connectionId), SLOWLY).toEqual([])
  expect(again.keyway.connections.list()).toEqual([])
  const rows = await again.keyway.activity.query({ limit: 50 })
  const notes = rows.filter(({ kind }) => kind === 'disconnect').map(({ note }) => note)
  expect(notes.join('\n')).toContain('It is revoked at Acme when you unlock the vault.')
  expect(notes.join('\n')).toContain('Revoked at Acme and removed here.')
})

test('where the provider does not answer, it is tried again at each unlock until it does', async () => {
  const { provider, folder, keyway, opened, connectionId, isAlive } = await startConnected()
  provider.refusesRevocations = true
  expect(await keyway.connections.disconnect(connectionId)).toMatchObject({ revoked: 'queued' })
  await opened.vault.unlock(PASSPHRASE)
  await expect.poll(() => provider.asked, SLOWLY).toBeGreaterThan(0)
  await expect
    .poll(async () => (await keyway.activity.query({ limit: 50 })).map(({ note }) => note).join('\n'), SLOWLY)
    .toContain('It is tried again at the next unlock.')
  expect(filesOf(folder, connectionId)).not.toEqual([])
  expect(isAlive()).toBe(true)
  provider.refusesRevocations = false
  await keyway.ui['vault.lock'](undefined)
  await opened.vault.unlock(PASSPHRASE)
  await expect.poll(isAlive, SLOWLY).toBe(false)
  await expect.poll(() => filesOf(folder, connectionId), SLOWLY).toEqual([])
})

test('a provider that is needed for it cannot be removed while the vault is locked, and nothing is', async () => {
  const { opened, keyway, providerId, connectionId, isAlive } = await startConnected()
  await expect(keyway.providers.remove(providerId)).rejects.toMatchObject({ code: 'vault_locked' })
  expect(keyway.connections.get(connectionId)).not.toBeNull()
  await keyway.connections.disconnect(connectionId)
  await expect(keyway.providers.remove(providerId)).rejects.toMatchObject({ code: 'vault_locked' })
  expect(keyway.providers.find(providerId)).not.toBeNull()
  await opened.vault.unlock(PASSPHRASE)
  await keyway.providers.remove(providerId)
  expect(keyway.providers.find(providerId)).toBeNull()
  expect(isAlive()).toBe(false)
})
