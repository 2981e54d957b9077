// The window's calls over IPC. Only calls from the top frame of the window's own page are accepted.
import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { Keyway } from '../core/keyway.ts'
import { dispatchCall, failed, subscribeWindow, type WindowCaller } from '../core/ui/dispatch.ts'
import { CALL_CHANNEL, EVENT_CHANNEL } from './channels.ts'

type Deps = {
  ipcMain: IpcMain
  keyway: Keyway
  /** Origins that the window's page may have. */
  origins: readonly string[]
  send: (channel: string, ...values: unknown[]) => void
}

/** Handles the calls and sends the events until the returned function is called. */
export function serveWindow({ ipcMain, keyway, origins, send }: Deps): () => void {
  // Only the person at this desktop can use its window.
  const session = keyway.presence.newSession('person')
  const caller: WindowCaller = { session, renewSession: () => session }
  ipcMain.handle(CALL_CHANNEL, async (event, name: unknown, input: unknown) => {
    if (!isTrusted(event, origins)) {
      keyway.logger.warn('A call came from a page that is not the window; refused.')
      return failed(new KeywayError('forbidden', { message: 'Only the Keyway window may do that.' }))
    }
    return dispatchCall(keyway, caller, name, input)
  })
  const stop = subscribeWindow(keyway, session, (name, value) => send(EVENT_CHANNEL, name, value))
  return () => {
    ipcMain.removeHandler(CALL_CHANNEL)
    stop()
  }
}

function isTrusted(event: IpcMainInvokeEvent, origins: readonly string[]): boolean {
  const frame = event.senderFrame
  if (frame === null || frame.parent !== null || !URL.canParse(frame.url)) return false
  const { protocol, host } = new URL(frame.url)
  return origins.includes(`${protocol}//${host}`)
}
