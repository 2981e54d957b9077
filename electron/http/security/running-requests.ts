// Requests under way, which may last for hours. What an app key or a permission gives ends with it: on every change, and when something runs
// out, each running request is looked at again, before whoever took the right away is answered. Then not one more byte goes either way.
import type { ServerResponse } from 'node:http'
import type { AppRecord } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { AppSession, Keyway } from '../../core/keyway.ts'
import { authenticate, refusalOf } from './app-key.ts'
import type { Admission } from './request-guard.ts'
import { sendFailure } from '../server/respond.ts'

/** What a request runs on besides its app key. */
export type RequestPermission = {
  /** The connection that it uses; null when it uses none. */
  readonly connectionId: string | null
  /** Null while it stands. `app`: as it is now. */
  refusal(app: AppRecord): KeywayError | null
}

export type RunningRequest = {
  readonly admission: Admission
  readonly session: AppSession
  readonly response: ServerResponse
  /** Null until it is known; then only the app key counts. */
  permission: RequestPermission | null
  /** Why it was ended. Nothing may be sent for it any more, to the app or the API. */
  ended: KeywayError | null
  /** Stops at once whatever was started for it. */
  abort: (() => void) | null
}

export type RunningRequests = {
  start(exchange: Pick<RunningRequest, 'admission' | 'session' | 'response'>): RunningRequest
  /** After its permission was set, or waited for. @throws KeywayError why it may not go on */
  check(request: RunningRequest): void
  /** Ends all that still run. */
  close(): void
}

export function createRunningRequests(keyway: Keyway): RunningRequests {
  const running = new Set<RunningRequest>()
  const stop = keyway.onPermissionsChanged((change) => {
    for (const request of running) {
      const { permission } = request
      const isAnothers = change.connectionId !== null && change.connectionId !== permission?.connectionId
      if (isAnothers) continue
      const refusal = change.isOtherAccount ? otherAccount() : refusalNow(keyway, request)
      if (refusal !== null) end(request, refusal)
    }
  })
  const end = (request: RunningRequest, failure: KeywayError): void => {
    running.delete(request)
    endRequest(request, failure)
  }
  return {
    start(exchange) {
      const request: RunningRequest = { ...exchange, permission: null, ended: null, abort: null }
      running.add(request)
      request.response.once('close', () => running.delete(request))
      return request
    },
    check(request) {
      const refusal = request.ended ?? refusalNow(keyway, request)
      if (refusal !== null) throw refusal
    },
    close() {
      stop()
      for (const request of running) end(request, new KeywayError('shutting_down'))
    },
  }
}

function refusalNow(keyway: Keyway, request: RunningRequest): KeywayError | null {
  const now = authenticate(request.admission, keyway)
  if (now.kind !== 'ok') return refusalOf(now)
  const { app } = now.session
  if (app.id !== request.session.app.id) return new KeywayError('unauthorized')
  return request.permission?.refusal(app) ?? null
}

function endRequest(request: RunningRequest, failure: KeywayError): void {
  const { response, abort } = request
  request.ended = failure
  abort?.()
  // What waits for a slow reader is not sent any more either.
  if (response.writableEnded) {
    if (!response.writableFinished) response.destroy()
    return
  }
  if (!response.req.complete) response.shouldKeepAlive = false
  sendFailure(response, failure)
}

const otherAccount = (): KeywayError =>
  new KeywayError('not_connected', {
    message: 'The connection has been replaced by that of another account.',
    nextStep: 'Send the request again.',
  })
