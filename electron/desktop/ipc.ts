// The window's calls over IPC. A call is answered only when it comes from the top frame of the window's own page; its input is parsed by the
// call's schema before anything else sees it.
import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import { asKeywayError, KeywayError, toErrorBody } from '../../shared/contract/errors.ts'
import { uiCalls, uiEventNames, type UiCallName, type UiResult } from '../../shared/contract/ui-api.ts'
import type { Keyway } from '../core/keyway.ts'
import { CALL_CHANNEL, EVENT_CHANNEL } from './channels.ts'

type Deps = {
  ipcMain: IpcMain
  keyway: Keyway
  /** Origins the window's page may have. */ origins: readonly string[]
  send: (channel: string, ...values: unknown[]) => void
}

/** Serves the calls and sends the events until the returned function is called. */
export function serveWindow({ ipcMain, keyway, origins, send }: Deps): () => void {
  ipcMain.handle(CALL_CHANNEL, async (event, name: unknown, input: unknown) => {
    if (!isTrusted(event, origins)) {
      keyway.logger.warn('A call came from a page that is not the window; refused.')
      return failure(new KeywayError('forbidden', { message: 'Only the Keyway window may do that.' }))
    }
    return answer(keyway, name, input)
  })
  const stops = uiEventNames.map((name) => keyway.on(name, (value) => send(EVENT_CHANNEL, name, value)))
  return () => {
    ipcMain.removeHandler(CALL_CHANNEL)
    for (const stop of stops) stop()
  }
}

async function answer(keyway: Keyway, name: unknown, input: unknown): Promise<UiResult<unknown>> {
  if (!isCallName(name))
    return failure(
      new KeywayError('not_found', { message: 'The window asked for a call that does not exist.' }),
    )
  const parsed = uiCalls[name].input.safeParse(input)
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => ({
      field: issue.path.join('.'),
      allowed: issue.message,
    }))
    return failure(new KeywayError('invalid_request', { details: { issues } }))
  }
  try {
    const run = keyway.ui[name] as (value: unknown) => Promise<unknown>
    return { ok: true, value: await run(parsed.data) }
  } catch (error) {
    const failed = asKeywayError(error)
    if (failed.code === 'internal_error')
      keyway.logger.error('A call of the window failed.', { call: name, error: failed })
    return failure(failed)
  }
}

function isCallName(name: unknown): name is UiCallName {
  return typeof name === 'string' && Object.hasOwn(uiCalls, name)
}

function failure(error: KeywayError): UiResult<never> {
  return { ok: false, failure: toErrorBody(error) }
}

function isTrusted(event: IpcMainInvokeEvent, origins: readonly string[]): boolean {
  const frame = event.senderFrame
  if (frame === null || frame.parent !== null || !URL.canParse(frame.url)) return false
  const { protocol, host } = new URL(frame.url)
  return origins.includes(`${protocol}//${host}`)
}
