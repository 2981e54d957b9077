import { expect, onTestFinished, test, vi } from 'vitest'
import { openKeyway } from '../../electron/core/open-keyway.ts'
import type { TokenResult } from '../../electron/core/connections/tokens/types.ts'
import { callApi, startPracticeProvider } from '../support/start-practice-provider.ts'
import {
  openDeps,
  openTestKeyway,
  registerPracticeProvider,
  signInAtPracticeProvider,
} from '../support/open-test-keyway.ts'
import { runChild } from '../support/run-child.ts'
import { tempFolder } from '../support/temp-folder.ts'

async function startConnected(...accounts: string[]) {
  const practice = await startPracticeProvider()
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(() => opened.close())
  const provider = registerPracticeProvider(opened, practice)
  const ids: string[] = []
  for (const account of accounts) {
    const flow = await signInAtPracticeProvider(opened, provider, { account })
    if (flow.kind !== 'done') throw new Error(flow.kind)
    ids.push(flow.connectionId)
  }
  return { practice, opened, keyway: opened.keyway, ids }
}

const tokenOf = (result: TokenResult): string => {
  if (result.kind !== 'ok') throw result.failure
  return result.token.accessToken.reveal()
}

test('a thousand callers at once are one token request at a real provider, and all get a token that works', async () => {
  const { practice, keyway, ids } = await startConnected('work')
  const [id = ''] = ids
  await practice.behave({ faults: [{ kind: 'delay', ms: 200, times: 1 }] })
  const before = practice.stats().tokenRequests
  const results = await Promise.all(
    Array.from({ length: 1000 }, () => keyway.tokens.get(id, { rejected: 'current' })),
  )
  expect(practice.stats().tokenRequests - before).toBe(1)
  const tokens = new Set(results.map(tokenOf))
  expect(tokens.size).toBe(1)
  expect((await callApi(practice, '/api/files', [...tokens][0] ?? '')).status).toBe(200)
  expect(practice.stats().reuseDetections).toBe(0)
})

test('a provider that hangs for one connection holds up no other', async () => {
  const { practice, keyway, ids } = await startConnected('slow', 'quick')
  const [slow = '', quick = ''] = ids
  await practice.behave({ faults: [{ kind: 'delay', ms: 3000, times: 1 }] })
  const before = practice.stats().visits.length
  const hanging = keyway.tokens.get(slow, { rejected: 'current', deadlineMs: 500 })
  // The delay is for the one that comes first.
  await vi.waitFor(() => expect(practice.stats().visits.length).toBeGreaterThan(before))
  expect(tokenOf(await keyway.tokens.get(quick, { rejected: 'current' }))).not.toBe('')
  expect(await hanging).toMatchObject({ kind: 'retrying' })
})

test(
  'a second process on the folder is refused and told who has it; a killed holder is no holder',
  { timeout: 60_000 },
  async () => {
    const folder = tempFolder()
    const holder = runChild('hold-folder.ts', [folder])
    onTestFinished(() => void holder.process.kill('SIGKILL'))
    await holder.line('ready')
    await expect(openKeyway(openDeps(folder))).rejects.toMatchObject({
      code: 'data_folder_busy',
      details: { holderPid: holder.process.pid },
    })
    holder.process.kill('SIGKILL')
    await holder.ended()
    const taken = await openTestKeyway(folder)
    await taken.close()
    await taken.close()
    const again = await openTestKeyway(folder)
    await again.close()
  },
)
