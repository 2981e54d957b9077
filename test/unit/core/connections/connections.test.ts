import { describe, expect, test } from 'vitest'
import { aProvider } from '../../../support/builders.ts'
import { createMemoryRecordStore } from '../../../support/memory-ports.ts'
import { settle } from '../../../support/settle.ts'
import { memoryStores, signIn, startConnected, startTestKeyway } from '../../../support/start-keyway.ts'

async function startWithAccounts(...accounts: string[]) {
  const started = await startTestKeyway()
  const provider = started.keyway.providers.create(aProvider())
  const ids: string[] = []
  for (const account of accounts) {
    started.server.account = { id: `u-${account}`, label: `${account}@example.test` }
    const flow = await signIn(started, { providerId: provider.id, account })
    if (flow.kind !== 'done') throw new Error(flow.kind)
    ids.push(flow.connectionId)
  }
  return { ...started, provider, ids }
}

describe('which connection is meant', () => {
  test('the only one, a named one in whatever case, one by id, one by its detected identity', async () => {
    const { keyway, ids } = await startWithAccounts('Work')
    expect(keyway.connections.select('acme').id).toBe(ids[0])
    expect(keyway.connections.select('acme', 'WORK').id).toBe(ids[0])
    expect(keyway.connections.select('acme', ids[0]).id).toBe(ids[0])
    expect(keyway.connections.select('acme', 'work@EXAMPLE.test').id).toBe(ids[0])
  })

  test('several without a default are never guessed; the names are listed', async () => {
    const { keyway, ids } = await startWithAccounts('work', 'home')
    expect(() => keyway.connections.select('acme')).toThrow(
      expect.objectContaining({
        code: 'ambiguous_account',
        details: { provider: 'acme', accounts: ['work', 'home'] },
      }),
    )
    await keyway.connections.setDefault(ids[1]!)
    expect(keyway.connections.select('acme').id).toBe(ids[1])
    await keyway.connections.setDefault(ids[0]!)
    expect(keyway.connections.select('acme').id).toBe(ids[0])
    expect(keyway.connections.list().filter(({ isDefault }) => isDefault)).toHaveLength(1)
  })

  test('unknown provider, nothing connected, no such account', async () => {
    const { keyway } = await startWithAccounts('work')
    keyway.providers.create(aProvider({ slug: 'empty' }))
    const codeOf = (provider: string, account?: string): unknown => {
      try {
        return keyway.connections.select(provider, account)
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(codeOf('nowhere')).toBe('provider_not_found')
    expect(codeOf('empty')).toBe('not_connected')
    expect(codeOf('acme', 'nobody')).toBe('connection_not_found')
  })
})

describe('labels', () => {
  test('are unique in a provider, without regard to case', async () => {
    const { keyway, ids, provider } = await startWithAccounts('work', 'home')
    await expect(keyway.connections.rename(ids[1]!, 'WORK')).rejects.toMatchObject({ code: 'name_taken' })
    expect((await keyway.connections.rename(ids[1]!, 'Home')).account).toBe('Home')
    await expect(
      signIn({ ...(await startTestKeyway()), keyway }, { providerId: provider.id, account: 'hOME' }),
    ).rejects.toMatchObject({
      code: 'name_taken',
    })
    expect(keyway.connections.select('acme', 'home').id).toBe(ids[1])
  })

  test('two renames to one name at once: one of them is refused', async () => {
    const { keyway, ids } = await startWithAccounts('a', 'b')
    const results = await Promise.allSettled(ids.map((id) => keyway.connections.rename(id, 'same')))
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('a rename during a refresh loses neither', async () => {
    const { keyway, ids, oauth, clock } = await startWithAccounts('work')
    clock.advance(3600_000)
    oauth.script = () => keyway.connections.rename(ids[0]!, 'renamed').then(() => undefined)
    clock.advance(60_000)
    await settle()
    await keyway.tokens.get(ids[0]!, {})
    expect(keyway.connections.get(ids[0]!)).toMatchObject({ account: 'renamed' })
    expect(keyway.connections.record(ids[0]!)?.generation).toBeGreaterThan(1)
  })
})

describe('disconnecting', () => {
  test('revokes at the provider, refresh token first, and removes here', async () => {
    const { keyway, connectionId, oauth, stores } = await startConnected()
    const result = await keyway.connections.disconnect(connectionId)
    expect(result).toMatchObject({ revoked: 'at_provider', manageUrl: null })
    expect(oauth.revoked).toEqual([expect.stringContaining('made-up-refresh')])
    expect(keyway.connections.get(connectionId)).toBeNull()
    expect(await stores.connections.read(connectionId)).toBeNull()
    await expect(keyway.tokens.get(connectionId, {})).rejects.toMatchObject({ code: 'connection_not_found' })
  })

  test.each(['not_supported', 'failed'] as const)(
    'says so when the provider did not (%s)',
    async (revocation) => {
      const { keyway, connectionId, oauth } = await startConnected()
      oauth.revocation = revocation
      const result = await keyway.connections.disconnect(connectionId)
      expect(result.revoked).toBe('local_only')
      expect(result.message).toMatch(/Removed here only/)
      expect(keyway.connections.list()).toEqual([])
    },
  )

  test('a provider that hangs is waited for three seconds', async () => {
    const { keyway, connectionId, oauth, clock } = await startConnected()
    oauth.revocation = 'hangs'
    const pending = keyway.connections.disconnect(connectionId)
    await settle()
    clock.advance(3000)
    expect((await pending).revoked).toBe('local_only')
    expect(keyway.connections.list()).toEqual([])
  })

  test('a refresh and a revocation that both hang cost three seconds together, and who waits for a token is told at once', async () => {
    const { keyway, connectionId, oauth, clock } = await startConnected()
    oauth.revocation = 'hangs'
    oauth.script = () => new Promise(() => undefined)
    const caller = keyway.tokens.get(connectionId, { rejected: 'current' })
    caller.catch(() => undefined)
    await settle()
    const startedAt = clock.monotonicMs()
    let tookMs = Number.POSITIVE_INFINITY
    const disconnecting = keyway.connections.disconnect(connectionId).finally(() => {
      tookMs = clock.monotonicMs() - startedAt
    })
    for (let step = 0; step < 40; step += 1) {
      await settle()
      clock.advance(100)
    }
    expect(tookMs).toBeLessThanOrEqual(3000)
    expect((await disconnecting).revoked).toBe('local_only')
    await expect(caller).rejects.toMatchObject({ code: 'not_connected' })
  })

  test('works with a locked vault too: out of use at once, and revoked when it is unlocked', async () => {
    const { keyway, connectionId, vault } = await startConnected()
    vault.lock()
    expect((await keyway.connections.disconnect(connectionId)).revoked).toBe('queued')
    expect(keyway.connections.record(connectionId)).toBeNull()
  })

  test('removing a provider disconnects all of its accounts and ends its sign-ins', async () => {
    const { keyway, provider, server } = await startWithAccounts('work', 'home')
    const flow = await keyway.flows.startForLink({
      providerId: provider.id,
      connectionId: null,
      account: 'third',
      addScopes: [],
      kind: null,
      redirect: 'auto',
      open: 'link-only',
      browser: null,
      loginHint: null,
      prompt: null,
      returnUrl: null,
    })
    expect(await keyway.providers.remove(provider.id)).toEqual({ removedConnections: 2 })
    expect(server.counts.revocations).toBe(2)
    expect(keyway.flows.get(flow.flow.id)?.kind).toBe('cancelled')
    expect(keyway.providers.list()).toEqual([])
  })
})

describe('what is on disk', () => {
  test('a record that cannot be read is left as it is, reported, and the rest works', async () => {
    const { stores, keyway, connectionId, clock } = await startConnected()
    await keyway.close()
    await stores.connections.put('con_odd', { version: 7, id: 'con_odd' })
    const next = await startTestKeyway({ stores, clock })
    expect(next.keyway.connections.list().map(({ id }) => id)).toEqual([connectionId])
    expect(next.keyway.snapshot().damages).toMatchObject([
      { file: '/data/connections/con_odd.json', using: 'nothing' },
    ])
    expect(await stores.connections.read('con_odd')).toEqual({ version: 7, id: 'con_odd' })
  })

  test('uses are written down late, but before closing', async () => {
    const connections = createMemoryRecordStore()
    const { keyway, connectionId, clock } = await startConnected({
      stores: { ...memoryStores(), connections },
    })
    const puts = connections.puts
    for (let n = 0; n < 1000; n += 1) keyway.tokens.noteUse(connectionId, 'script')
    expect(keyway.connections.get(connectionId)?.lastUsedAt).toBe(clock.now())
    expect(connections.puts).toBe(puts)
    await keyway.close()
    expect(await connections.read(connectionId)).toMatchObject({ lastUsedAt: clock.now() })
    expect(connections.puts).toBe(puts + 1)
  })
})

describe('what the API says', () => {
  test('a 401 for the newest token is shown, a successful call clears it, and neither ends the authorization', async () => {
    const { keyway, connectionId } = await startConnected()
    keyway.tokens.reportApiOutcome(connectionId, 1, 'unauthorized')
    expect(keyway.connections.get(connectionId)?.lastOutcome).toMatchObject({ status: 'reconnect_needed' })
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
    keyway.tokens.reportApiOutcome(connectionId, 1, 'worked')
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('ok')
  })

  test('of an old token it says nothing, and the provider’s own word stands', async () => {
    const { keyway, connectionId, server, clock } = await startConnected()
    keyway.tokens.reportApiOutcome(connectionId, 0, 'unauthorized')
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('ok')
    server.endAllGrants()
    clock.advance(3600_000)
    await settle()
    keyway.tokens.reportApiOutcome(connectionId, 1, 'worked')
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('reconnect_needed')
  })
})

describe('where requests may go', () => {
  test('the API, what the provider’s description names, and what the person added', async () => {
    const { keyway, connectionId } = await startConnected({
      provider: {
        parameters: { region: 'eu' },
        allowedHosts: ['files.example.test'],
        privateHosts: ['nas.local:8443'],
        spec: {
          templateParameters: [{ name: 'region', label: 'Region', pattern: '[a-z]{2}' }],
          api: {
            baseUrl: 'https://{region}.api.example.test/v1',
            hosts: ['*.cdn.example.test', '{region}.upload.example.test'],
            headers: { 'x-client': '{client_id}', 'x-none': '{token.nothing}' },
          },
        },
      },
    })
    expect(keyway.connections.proxyPolicy(connectionId)).toEqual({
      baseUrl: 'https://eu.api.example.test/v1',
      hosts: ['eu.api.example.test', '*.cdn.example.test', 'eu.upload.example.test', 'files.example.test'],
      privateHosts: ['nas.local:8443'],
      headers: { 'x-client': 'made-up-client' },
      extraCa: null,
    })
  })
})
