// Scopes at a real, certified authorization server: what a connection lacks, and the way to get it.
import { expect, onTestFinished, test } from 'vitest'
import type { OpenedKeyway } from '../../electron/core/open-keyway.ts'
import {
  openTestKeyway,
  registerPracticeProvider,
  signInAtPracticeProvider,
} from '../support/open-test-keyway.ts'
import { startPracticeProvider } from '../support/start-practice-provider.ts'
import { tempFolder } from '../support/temp-folder.ts'

async function openKeyway(): Promise<OpenedKeyway> {
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(() => opened.close())
  return opened
}

test('a scope that the provider gets later is missing on its connections until a sign-in brings it', async () => {
  const practice = await startPracticeProvider()
  const opened = await openKeyway()
  const { keyway } = opened
  const provider = registerPracticeProvider(opened, practice)
  const flow = await signInAtPracticeProvider(opened, provider)
  if (flow.kind !== 'done') throw new Error(flow.kind)
  const missing = (): string[] | undefined => keyway.connections.get(flow.connectionId)?.missingScopes
  expect(missing()).toEqual([])

  keyway.providers.update(provider.id, { scopes: [...provider.scopes, 'files.write'] })
  expect(missing()).toEqual(['files.write'])
  const refused = await keyway.tokens.get(flow.connectionId, { scopes: ['files.write'] })
  expect(refused).toMatchObject({
    kind: 'reconnect_needed',
    failure: { code: 'scope_missing', details: { missingScopes: ['files.write'] } },
  })
  // Who does not need the new scope is served as before, also after a refresh.
  expect((await keyway.tokens.get(flow.connectionId, { rejected: 'current' })).kind).toBe('ok')
  expect(missing()).toEqual(['files.write'])

  const again = await signInAtPracticeProvider(opened, provider, { connectionId: flow.connectionId })
  expect(again).toMatchObject({ kind: 'done', connectionId: flow.connectionId, missingScopes: [] })
  expect(missing()).toEqual([])
  expect((await keyway.tokens.get(flow.connectionId, { scopes: ['files.write', 'files.read'] })).kind).toBe(
    'ok',
  )

  keyway.providers.update(provider.id, { scopes: provider.scopes })
  expect(missing()).toEqual([])
})

test('offline_access without openid brings a refresh token', async () => {
  const practice = await startPracticeProvider()
  const opened = await openKeyway()
  const provider = registerPracticeProvider(opened, practice, {
    scopes: ['offline_access', 'files.read'],
    spec: { discovery: { issuer: practice.issuer }, authorize: { par: 'never' } },
  })
  const flow = await signInAtPracticeProvider(opened, provider)
  expect(flow).toMatchObject({ kind: 'done', warning: null, missingScopes: [] })
  if (flow.kind !== 'done') return
  expect(opened.keyway.connections.get(flow.connectionId)).toMatchObject({ hasRefreshToken: true })
  expect((await opened.keyway.tokens.get(flow.connectionId, { rejected: 'current' })).kind).toBe('ok')
})
