// The two hosts of the window over one core: Electron's IPC without Electron, and the HTTP bridge over a real
// connection.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { UiResult } from '../../shared/contract/ui-api.ts'
import type { Keyway } from '../../electron/core/keyway.ts'
import { serveWindow } from '../../electron/desktop/ipc.ts'
import { startLocal, type LocalApiUnderTest } from './local-api.ts'
import { tempFolder } from './temp-folder.ts'

/** A call as the window makes it, and the envelope that comes back. */
export type WindowCall = (name: string, input?: unknown) => Promise<UiResult<unknown>>

type Frame = { url: string; parent: object | null }
type Handler = (event: { senderFrame: Frame | null }, name: unknown, input: unknown) => Promise<unknown>
type IpcMain = Parameters<typeof serveWindow>[0]['ipcMain']

export const windowFrame: Frame = { url: 'app://keyway/index.html#/connections', parent: null }

/** `from` says which frame asks. */
export function desktopCalls(keyway: Keyway): {
  call: WindowCall
  from: (frame: Frame | null, name: unknown, input?: unknown) => Promise<unknown>
} {
  const handlers: Handler[] = []
  const ipcMain = {
    handle: (_channel: string, handler: Handler) => void handlers.push(handler),
    removeHandler: () => undefined,
  } as unknown as IpcMain
  onTestFinished(serveWindow({ ipcMain, keyway, origins: ['app://keyway'], send: () => undefined }))
  const from = async (frame: Frame | null, name: unknown, input?: unknown): Promise<unknown> =>
    // Through the structured clone, as Electron sends it.
    structuredClone(await handlers[0]?.({ senderFrame: frame }, name, input))
  return { from, call: async (name, input) => (await from(windowFrame, name, input)) as UiResult<unknown> }
}

/** A built window of two files. */
export function windowBundle(): string {
  const folder = tempFolder()
  mkdirSync(join(folder, 'assets'))
  const page = '<!doctype html><script type="module" src="./assets/main.js"></script>'
  writeFileSync(join(folder, 'index.html'), page)
  writeFileSync(join(folder, 'assets', 'main.js'), 'export const x = 1\n')
  writeFileSync(join(folder, '.secret'), 'not for anybody')
  return folder
}

/** Both halves of a browser's session. */
export type BrowserSession = { cookie: string; proof: string }

/** Opens a launch link as a browser does. */
export async function openLaunchLink(link: string): Promise<BrowserSession> {
  const answer = await fetch(link, { redirect: 'manual' })
  const [, proof = ''] = /^\/#window=([\w-]{43})$/.exec(answer.headers.get('location') ?? '') ?? []
  const [cookie = ''] = answer.headers.getSetCookie()
  if (proof === '') throw new Error(`The link did not open the window: ${answer.status}`)
  return { cookie: cookie.split(';')[0] ?? '', proof }
}

/** A call of a window in the browser: the whole answer. */
export function browserFetch(
  url: string,
  { cookie, proof }: BrowserSession,
  name: string,
  input?: unknown,
): Promise<Response> {
  return fetch(`${url}/ui/call/${encodeURIComponent(name)}`, {
    method: 'POST',
    headers: { cookie, origin: url, 'content-type': 'application/json', 'x-keyway-window': proof },
    ...(input === undefined ? {} : { body: JSON.stringify(input) }),
  })
}

export async function headlessCalls(keyway: Keyway): Promise<{ call: WindowCall; local: LocalApiUnderTest }> {
  const local = await startLocal(keyway, { windowFolder: windowBundle() })
  const session = await openLaunchLink(local.api.launchUrl() ?? '')
  return {
    local,
    call: async (name, input) => {
      const answer = await browserFetch(local.url, session, name, input)
      return (await answer.json()) as UiResult<unknown>
    },
  }
}
