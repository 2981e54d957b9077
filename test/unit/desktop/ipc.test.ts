import { expect, test } from 'vitest'
import type { Keyway } from '../../../electron/core/keyway.ts'
import { startTestKeyway } from '../../support/start-keyway.ts'
import { desktopCalls, windowFrame as home } from '../../support/window-hosts.ts'

type Frame = Parameters<ReturnType<typeof desktopCalls>['from']>[0]

async function serve(): Promise<{ from: ReturnType<typeof desktopCalls>['from']; keyway: Keyway }> {
  const { keyway } = await startTestKeyway()
  return { keyway, from: desktopCalls(keyway).from }
}

test('the top frame of the window’s own page is answered', async () => {
  const { from } = await serve()
  expect(await from(home, 'snapshot.get')).toMatchObject({ ok: true, value: { vault: { kind: 'unlocked' } } })
})

test.each<[string, Frame]>([
  ['a frame inside it', { ...home, parent: {} }],
  ['a frame that is gone', null],
  ['another app:// host', { url: 'app://keyway.evil/index.html', parent: null }],
  ['a web page', { url: 'https://example.test/app://keyway/', parent: null }],
  ['a file', { url: 'file:///app:/keyway/index.html', parent: null }],
  ['a data address', { url: 'data:text/html,app://keyway/', parent: null }],
  ['no address', { url: '', parent: null }],
])('%s gets nothing, whatever it asks', async (_who, frame) => {
  const { from, keyway } = await serve()
  for (const name of ['snapshot.get', 'vault.lock'])
    expect(await from(frame, name)).toMatchObject({ ok: false, failure: { code: 'forbidden' } })
  expect(keyway.snapshot().vault.kind).toBe('unlocked')
})

test.each<[unknown, unknown, string]>([
  ['no.such.call', undefined, 'not_found'],
  ['constructor', undefined, 'not_found'],
  ['__proto__', undefined, 'not_found'],
  [{ toString: () => 'vault.lock' }, undefined, 'not_found'],
  ['settings.update', { port: 80 }, 'invalid_request'],
  ['settings.update', { unknown: true }, 'invalid_request'],
  ['providers.remove', { id: { $ne: '' } }, 'invalid_request'],
  ['snapshot.get', 'unexpected', 'invalid_request'],
])('%j with %j is refused as %s', async (name, input, code) => {
  const { from } = await serve()
  expect(await from(home, name, input)).toMatchObject({ ok: false, failure: { code } })
})
