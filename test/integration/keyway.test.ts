import { expect, onTestFinished, test } from 'vitest'
import { callApi, startPracticeProvider } from '../support/start-practice-provider.ts'
import {
  openTestKeyway,
  registerPracticeProvider,
  signInAtPracticeProvider,
} from '../support/open-test-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

test('the whole circle at a real provider: register, connect, token, rotation, restart, disconnect with revocation', async () => {
  const practice = await startPracticeProvider()
  const folder = tempFolder()
  const first = await openTestKeyway(folder)
  onTestFinished(() => first.close())
  const provider = registerPracticeProvider(first, practice)

  const flow = await signInAtPracticeProvider(first, provider)
  expect(flow).toMatchObject({ kind: 'done', identityLabel: 'ada@example.test', missingScopes: [] })
  if (flow.kind !== 'done') return
  const token = await first.keyway.tokens.get(flow.connectionId, {})
  if (token.kind !== 'ok') throw token.failure
  expect((await callApi(practice, '/api/files', token.token.accessToken.reveal())).status).toBe(200)

  const forced = await first.keyway.tokens.get(flow.connectionId, { rejected: token.token.accessToken })
  if (forced.kind !== 'ok') throw forced.failure
  expect(forced.token.generation).toBe(2)
  expect(forced.token.accessToken.equals(token.token.accessToken)).toBe(false)
  await first.close()

  const second = await openTestKeyway(folder)
  onTestFinished(() => second.close())
  const again = await second.keyway.tokens.get(flow.connectionId, {})
  if (again.kind !== 'ok') throw again.failure
  expect(again.token.accessToken.equals(forced.token.accessToken)).toBe(true)

  const result = await second.keyway.connections.disconnect(flow.connectionId)
  expect(result.revoked).toBe('at_provider')
  expect((await callApi(practice, '/api/files', forced.token.accessToken.reveal())).status).toBe(401)
  expect(second.keyway.connections.list()).toEqual([])
})
