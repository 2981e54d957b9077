// Requests in progress, which may last for hours. They end with the app key or permission that they run on.
// On every change, and when something expires, each is checked again before whoever made the change is
// answered. After that no byte is sent either way.
import type { AuthenticateRequest, RunningRequest, RunningRequests } from '../server/context.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Keyway } from '../../core/keyway.ts'
import { refusalOf } from './app-key.ts'
import { sendFailure } from '../server/respond.ts'

/** `authenticate`: made before, so that it hears of a change first. */
export function createRunningRequests(keyway: Keyway, authenticate: AuthenticateRequest): RunningRequests {
  const running = new Set<RunningRequest>()
  const stop = keyway.onPermissionsChanged((change) => {
    for (const request of running) {
      const { permission } = request
      const isAnothers = change.connectionId !== null && change.connectionId !== permission?.connectionId
      if (isAnothers) continue
      const refusal = change.isOtherAccount ? otherAccount() : refusalNow(authenticate, request)
      if (refusal !== null) end(request, refusal)
    }
  })
  const end = (request: RunningRequest, failure: KeywayError): void => {
    running.delete(request)
    endRequest(request, failure)
  }
  return {
    start({ requestContext, session, response }) {
      const request: RunningRequest = {
        requestContext,
        session,
        response,
        permission: null,
        ended: null,
        abort: null,
        onClosed: null,
      }
      running.add(request)
      response.on('close', () => {
        running.delete(request)
        request.onClosed?.()
      })
      return request
    },
    check(request) {
      const refusal = request.ended ?? refusalNow(authenticate, request)
      if (refusal !== null) throw refusal
    },
    close() {
      stop()
      for (const request of running) end(request, new KeywayError('shutting_down'))
    },
  }
}

function refusalNow(authenticate: AuthenticateRequest, request: RunningRequest): KeywayError | null {
  const now = authenticate(request.response.req, request.requestContext)
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
