// What an earlier version left in the clear is cleaned, and what an API echoes is not shown.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { mayHoldTraces, withoutTraces } from '../../electron/core/connections/clear-fields.ts'
import { secretTraces } from '../../electron/core/secret-traces.ts'
import type { ConnectionRecord } from '../../shared/contract/connection.ts'
import { decodeRecord, encodeRecord } from '../../electron/core/storage/records.ts'
import { aConnect, aProvider } from '../support/builders.ts'
import { startUpstream } from '../support/local-api.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** As long as the test may take: nothing is decided by time. */
const WAIT = { timeout: 20_000, interval: 20 }
const TOKEN = 'gT7pQ2xR9vB4nM6kL1sD8fH3jW5zC0yA'

async function connected(folder: string, baseUrl = 'https://api.example.test') {
  const opened = await openTestKeyway(folder)
  const provider = opened.keyway.providers.create(
    aProvider({ clientSecret: 'cs-5tGb6yHn7uJm8iKl', spec: { api: { baseUrl } } }),
  )
  const flow = await opened.keyway.connections.connect(
    aConnect({ providerId: provider.id, account: 'work', kind: 'access_token', token: TOKEN }),
  )
  if (flow.kind !== 'done') throw new Error(JSON.stringify(flow))
  return { opened, id: flow.connectionId }
}

/** With the generation before, which the store keeps beside it. */
const filesOf = (path: string): string =>
  [path, path.replace('.json', '.prev.json')].map((file) => readFileSync(file, 'utf8')).join('')

test('a token that an earlier version stored in the clear is taken out as soon as the vault opens', async () => {
  const folder = tempFolder()
  const { opened, id } = await connected(folder)
  await opened.close()
  const path = join(folder, 'connections', `${id}.json`)
  const decoded = decodeRecord(id, readFileSync(path, 'utf8'))
  if (decoded.kind !== 'good') throw new Error('the record cannot be read')
  const stored = decoded.value as Record<string, unknown>
  Object.assign(stored, {
    grantedScopes: ['read', TOKEN],
    lastOutcome: {
      status: 'retrying',
      code: TOKEN,
      message: `It said ${TOKEN.slice(3, 25)}.`,
      nextStep: null,
      at: 1,
      retryAt: null,
    },
  })
  for (const file of [path, path.replace('.json', '.prev.json')])
    writeFileSync(file, encodeRecord(id, stored))

  const again = await openTestKeyway(folder)
  onTestFinished(() => again.close())
  await vi.waitFor(() => expect(again.keyway.connections.get(id)?.grantedScopes).toEqual(['read']), WAIT)
  const view = again.keyway.connections.get(id)!
  expect(view.lastOutcome).toMatchObject({ code: '[secret]', message: 'It said [secret].' })
  await vi.waitFor(() => expect(filesOf(path)).not.toContain(TOKEN), WAIT)
  const text = filesOf(path)
  for (const form of [
    TOKEN,
    TOKEN.toLowerCase(),
    TOKEN.slice(3, 25),
    Buffer.from(TOKEN).toString('base64'),
  ]) {
    expect(text).not.toContain(form)
  }
  // It still works.
  const token = await again.keyway.tokens.get(id, {})
  expect(token.kind === 'ok' && token.token.accessToken.reveal()).toBe(TOKEN)
})

test('every field of a record that stands in the clear is cleaned; one without a trace stays the very same', () => {
  const traces = secretTraces([TOKEN])
  const record = aConnection({
    account: TOKEN.toLowerCase(),
    identity: { id: `user ${TOKEN}`, label: encodeURIComponent(TOKEN) },
    grantedScopes: ['read', TOKEN],
    values: { 'token.echo': Buffer.from(TOKEN).toString('base64'), 'token.host': 'eu.example.test' },
  })
  expect(mayHoldTraces(record)).toBe(true)
  const clean = withoutTraces(record, traces)
  expect(clean).toEqual({
    ...record,
    account: `account ${record.id.slice(-6)}`,
    identity: { id: null, label: null },
    grantedScopes: ['read'],
    values: { 'token.host': 'eu.example.test' },
  })
  const fine = aConnection({})
  expect(withoutTraces(fine, traces)).toBe(fine)
  expect(mayHoldTraces(fine)).toBe(false)
})

const aConnection = (draft: Partial<ConnectionRecord>): ConnectionRecord => ({
  version: 1,
  id: 'con_abcdef123456',
  providerId: 'prv_1',
  account: 'work',
  isDefault: false,
  identity: { id: '42', label: 'ada@example.test' },
  how: 'authorization_code',
  requestedScopes: ['read'],
  grantedScopes: ['read'],
  sealedTokens: '',
  sealedPrevious: null,
  refreshStartedAt: null,
  hasRefreshToken: false,
  generation: 1,
  issuedAt: 1,
  expiresAt: null,
  lifetimeSeconds: null,
  refreshTokenExpiresAt: null,
  values: {},
  browser: null,
  lastOutcome: { status: 'ok', code: null, message: null, nextStep: null, at: 1, retryAt: null },
  createdAt: 1,
  updatedAt: 1,
  lastAuthorizedAt: 1,
  lastUsedAt: null,
  verifiedAt: null,
  scopesConfirmed: null,
  life: [],
  ...draft,
})

test('the window\u2019s test call shows what an API answers, and not the token that it echoes', async () => {
  const echoes = [
    (token: string) => token,
    (token: string) => token.toUpperCase(),
    (token: string) => token.split('').join(' '),
    (token: string) => Buffer.from(token).toString('base64'),
    (token: string) => token.slice(2, 20),
  ]
  let echo = echoes[0]!
  const upstream = await startUpstream((request, response) => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    response.setHeader('content-type', `text/plain; token=${echo(token)}`)
    // At the very end of what is shown as well.
    response.end(
      `${JSON.stringify({ who: 'ada', token: echo(token) })}${'x'.repeat(64 * 1024 - 60)}${echo(token)}`,
    )
  })
  const { opened, id } = await connected(tempFolder(), upstream.url)
  onTestFinished(() => opened.close())
  for (const each of echoes) {
    echo = each
    const { body, contentType, status } = await opened.keyway.ui['connections.testCall']({
      id,
      method: 'GET',
      url: '/',
    })
    expect(status).toBe(200)
    expect(body).toContain('"who":"ada","token":"[secret]"')
    for (let at = 0; at + 12 <= TOKEN.length; at += 1) {
      const part = TOKEN.slice(at, at + 12).toLowerCase()
      expect(`${body} ${contentType}`.toLowerCase()).not.toContain(part)
    }
    expect(contentType).toContain('text/plain')
    expect(body.replaceAll(/[^a-z0-9]/gi, '').toLowerCase()).not.toContain(TOKEN.toLowerCase().slice(0, 12))
  }
})
