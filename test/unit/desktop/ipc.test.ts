import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import { expect, onTestFinished, test } from 'vitest'
import { serveWindow } from '../../../electron/desktop/ipc.ts'
import type { Keyway } from '../../../electron/core/keyway.ts'
import { startTestKeyway } from '../../support/start-keyway.ts'

type Frame = { url: string; parent: object | null }
type Call = (event: IpcMainInvokeEvent, ...args: unknown[]) => Promise<unknown>

const home: Frame = { url: 'app://keyway/index.html#/connections', parent: null }

async function serve(): Promise<{
  from: (frame: Frame | null, name: unknown, input?: unknown) => Promise<unknown>
  keyway: Keyway
}> {
  const { keyway } = await startTestKeyway()
  const handlers: Call[] = []
  const ipcMain = {
    handle: (_channel: string, call: Call) => void handlers.push(call),
    removeHandler: () => undefined,
  } as unknown as IpcMain
  onTestFinished(serveWindow({ ipcMain, keyway, origins: ['app://keyway'], send: () => undefined }))
  const [handler] = handlers
  return {
    keyway,
    from: async (frame, name, input) =>
      handler?.({ senderFrame: frame } as unknown as IpcMainInvokeEvent, name, input),
  }
}

test('the top frame of the window’s own page is answered', async () => {
  const { from } = await serve()
  expect(await from(home, 'snapshot.get')).toMatchObject({ ok: true, value: { vault: { kind: 'unlocked' } } })
})

test.each<[string, Frame | null]>([
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
