// kill -9 at each step of a refresh, in a process of its own, against a real provider that ends a grant when
// a used-up refresh token comes back. From the moment the answer is on disk a restart serves a working token;
// before that it says that a reconnect is needed and why; a dead token is never served.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openKeyway, type OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { decodeRecord, encodeRecord } from '../../electron/core/storage/records.ts'
import { createPracticeProvider, type PracticeProvider } from '../../electron/practice-provider/provider.ts'
import { callApi } from '../support/start-practice-provider.ts'
import {
  openDeps,
  openTestKeyway,
  registerPracticeProvider,
  signInAtPracticeProvider,
} from '../support/open-test-keyway.ts'
import { runChild } from '../support/run-child.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

// A put is eight steps: open, write, sync, close, two renames, and the folder's open, sync and close.
const STEPS_OF_A_PUT = 9
// Processes start slowly on a busy machine; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const temp = makeTempFolder()
const origin = join(temp.path, 'origin')
let practice: PracticeProvider
/** One connection for each crash, because a crash in the window costs its grant. */
const connections: string[] = []

beforeAll(async () => {
  practice = await createPracticeProvider()
  const opened = await openTestKeyway(origin)
  const provider = registerPracticeProvider(opened, practice)
  for (let n = 0; n < 2 * STEPS_OF_A_PUT + 12; n += 1) {
    const flow = await signInAtPracticeProvider(opened, provider, { account: `crash ${n}` })
    if (flow.kind !== 'done') throw new Error(flow.kind)
    connections.push(flow.connectionId)
  }
  await opened.close()
})

afterAll(async () => {
  await practice.close()
  temp.remove()
})

let copies = 0
function freshCopy(): { folder: string; connectionId: string } {
  const connectionId = connections[copies]
  copies += 1
  if (connectionId === undefined) throw new Error('no connection left for this crash')
  const folder = join(temp.path, `copy-${copies}`)
  cpSync(origin, folder, { recursive: true })
  return { folder, connectionId }
}

async function afterRestart<Answer>(
  folder: string,
  look: (opened: OpenedKeyway) => Promise<Answer>,
): Promise<Answer> {
  const opened = await openTestKeyway(folder)
  try {
    return await look(opened)
  } finally {
    await opened.close()
  }
}

/** What a caller gets after the restart, and whether the provider's API takes it. */
async function outcomeAfter(folder: string, connectionId: string): Promise<string> {
  return afterRestart(folder, async ({ keyway }) => {
    const result = await keyway.tokens.get(connectionId, {})
    if (result.kind !== 'ok') {
      const { message } = keyway.connections.get(connectionId)?.lastOutcome ?? {}
      return /stopped between the provider's answer and its saving/.test(message ?? '')
        ? `${result.kind}, and it says why`
        : `${result.kind}: ${message ?? 'no reason'}`
    }
    const { status } = await callApi(practice, '/api/files', result.token.accessToken.reveal())
    return status === 200 ? 'a working token' : `a token that the API answers with ${status}`
  })
}

test('kill -9 at every step of writing the note and the answer', { timeout: 300_000 }, async () => {
  const outcomes: string[] = []
  for (let step = 0; step < 2 * STEPS_OF_A_PUT; step += 1) {
    const { folder, connectionId } = freshCopy()
    const refreshesBefore = practice.stats().refreshes
    const child = await runChild('crash-child.ts', [folder, connectionId, `file:${step}`]).ended()
    expect(child).toMatchObject({ signal: 'SIGKILL' })
    const asked = practice.stats().refreshes > refreshesBefore
    // The provider is asked only once the note is on disk.
    expect({ step, asked }).toEqual({ step, asked: step >= STEPS_OF_A_PUT })
    outcomes.push(await outcomeAfter(folder, connectionId))
  }
  const lost = 'reconnect_needed, and it says why'
  // The answer counts from its write on, which is step 1 of its put; the crash falls in front of the step.
  const answer = outcomes.slice(STEPS_OF_A_PUT)
  expect(outcomes.slice(0, STEPS_OF_A_PUT)).toEqual(Array(STEPS_OF_A_PUT).fill('a working token'))
  expect(answer.slice(0, 2)).toEqual(Array(2).fill(lost))
  expect(answer.slice(2)).toEqual(Array(STEPS_OF_A_PUT - 2).fill('a working token'))
})

describe('a record that a crash left beside its place', () => {
  const files = (folder: string): string[] => readdirSync(join(folder, 'connections'))
  const leftoversIn = (folder: string): string[] => files(folder).filter((name) => name.endsWith('.kwtmp'))
  const plant = (folder: string, id: string, text: string): void =>
    writeFileSync(join(folder, 'connections', `${id}.json.0123456789ab.kwtmp`), text)
  type Stored = { generation: number; sealedTokens: string }
  const stored = (folder: string, id: string): Stored =>
    decodedOf(id, readFileSync(join(folder, 'connections', `${id}.json`), 'utf8'))
  const decodedOf = (id: string, text: string): Stored => {
    const decoded = decodeRecord(id, text)
    if (decoded.kind !== 'good') throw new Error('the record cannot be read')
    return decoded.value as Stored
  }

  test('is taken over at unlock, and not before', async () => {
    const { folder, connectionId } = freshCopy()
    await runChild('crash-child.ts', [folder, connectionId, `file:${STEPS_OF_A_PUT + 2}`]).ended()
    const { generation } = stored(folder, connectionId)
    expect(leftoversIn(folder)).toHaveLength(1)
    const locked = await openKeyway(openDeps(folder))
    expect(locked.keyway.connections.get(connectionId)?.generation).toBe(generation)
    await locked.close()
    expect(leftoversIn(folder)).toHaveLength(1)
    expect(await outcomeAfter(folder, connectionId)).toBe('a working token')
    expect(leftoversIn(folder)).toEqual([])
    expect(stored(folder, connectionId).generation).toBe(generation + 1)
  })

  test('of the present generation or an older one is not taken over, and goes', async () => {
    const { folder, connectionId } = freshCopy()
    const before = readFileSync(join(folder, 'connections', `${connectionId}.json`), 'utf8')
    await afterRestart(folder, ({ keyway }) => keyway.connections.refresh(connectionId))
    const newest = stored(folder, connectionId)
    expect(newest.generation).toBeGreaterThan(decodedOf(connectionId, before).generation)
    for (const text of [before, readFileSync(join(folder, 'connections', `${connectionId}.json`), 'utf8')]) {
      plant(folder, connectionId, text)
      expect(await outcomeAfter(folder, connectionId)).toBe('a working token')
      expect(leftoversIn(folder)).toEqual([])
      expect(stored(folder, connectionId).sealedTokens).toBe(newest.sealedTokens)
    }
  })

  test('that was forged or torn is not taken over, and goes', async () => {
    const { folder, connectionId } = freshCopy()
    const genuine = stored(folder, connectionId)
    const other = connections.find((id) => id !== connectionId) ?? ''
    const whole = encodeRecord(connectionId, genuine)
    for (const text of [
      // Of somebody who does not have the key.
      encodeRecord(connectionId, {
        ...genuine,
        generation: 99,
        sealedTokens: changedAtEnd(genuine.sealedTokens),
      }),
      // Tokens of another connection.
      encodeRecord(connectionId, {
        ...genuine,
        generation: 99,
        sealedTokens: stored(folder, other).sealedTokens,
      }),
      // The very same tokens, said to be newer.
      encodeRecord(connectionId, { ...genuine, generation: 99 }),
      whole.slice(0, -10),
      '',
    ]) {
      plant(folder, connectionId, text)
      expect(await outcomeAfter(folder, connectionId)).toBe('a working token')
      expect(leftoversIn(folder)).toEqual([])
      expect(stored(folder, connectionId)).toMatchObject(genuine)
    }
  })

  test('does not bring a connection back that was removed', async () => {
    const { folder, connectionId } = freshCopy()
    const text = readFileSync(join(folder, 'connections', `${connectionId}.json`), 'utf8')
    const newer = encodeRecord(connectionId, { ...decodedOf(connectionId, text), generation: 99 })
    await afterRestart(folder, ({ keyway }) => keyway.connections.disconnect(connectionId))
    plant(folder, connectionId, newer)
    await afterRestart(folder, async ({ keyway }) => {
      expect(keyway.connections.get(connectionId)).toBeNull()
    })
    expect(files(folder).filter((name) => name.startsWith(connectionId))).toEqual([])
  })
})

function changedAtEnd(sealed: string): string {
  const last = sealed.at(-3) === 'A' ? 'B' : 'A'
  return `${sealed.slice(0, -3)}${last}${sealed.slice(-2)}`
}

test('a refresh that nobody interrupts is two writes, and the crash after it costs nothing', async () => {
  const { folder, connectionId } = freshCopy()
  const child = await runChild('crash-child.ts', [folder, connectionId, 'never']).ended()
  expect(child.output).toContain(`all ok after ${2 * STEPS_OF_A_PUT} steps`)
  expect(await outcomeAfter(folder, connectionId)).toBe('a working token')
})

test('killed while the provider has not acted yet: the restart renews', async () => {
  const { folder, connectionId } = freshCopy()
  await practice.behave({ faults: [{ kind: 'hang', times: 1 }] })
  await killWhen('tokenRequests', folder, connectionId)
  expect(await outcomeAfter(folder, connectionId)).toBe('a working token')
})

test('killed when the provider has rotated and its answer never came: reconnect needed, and it says why', async () => {
  const { folder, connectionId } = freshCopy()
  await practice.behave({ faults: [{ kind: 'hang', when: 'after', times: 1 }] })
  await killWhen('refreshes', folder, connectionId)
  expect(await outcomeAfter(folder, connectionId)).toBe('reconnect_needed, and it says why')
})

test('a thousand callers, killed in the middle and restarted: one request before, one after, all answered', async () => {
  const { folder, connectionId } = freshCopy()
  await practice.behave({ faults: [{ kind: 'hang', times: 1 }] })
  const before = practice.stats().tokenRequests
  await killWhen('tokenRequests', folder, connectionId, 1000)
  expect(practice.stats().tokenRequests - before).toBe(1)
  await afterRestart(folder, async ({ keyway }) => {
    const results = await Promise.all(Array.from({ length: 1000 }, () => keyway.tokens.get(connectionId, {})))
    expect(results.every(({ kind }) => kind === 'ok')).toBe(true)
  })
  expect(practice.stats().tokenRequests - before).toBe(2)
})

async function killWhen(
  what: 'tokenRequests' | 'refreshes',
  folder: string,
  connectionId: string,
  callers = 1,
): Promise<void> {
  const before = practice.stats()[what]
  const child = runChild('crash-child.ts', [folder, connectionId, 'never', String(callers)])
  await child.line('ready')
  await expect.poll(() => practice.stats()[what], { timeout: 10_000 }).toBeGreaterThan(before)
  child.process.kill('SIGKILL')
  await child.ended()
}
