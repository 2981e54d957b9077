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
  const running = createList()
  const stop = keyway.onPermissionsChanged((change) => {
    for (const request of running.all()) {
      const { permission } = request
      const isAnothers = change.connectionId !== null && change.connectionId !== permission?.connectionId
      if (isAnothers) continue
      const refusal = change.isOtherAccount ? otherAccount() : refusalNow(authenticate, request)
      if (refusal !== null) end(request, refusal)
    }
  })
  const end = (request: Listed, failure: KeywayError): void => {
    running.remove(request)
    endRequest(request, failure)
  }
  return {
    start({ requestContext, session, response }) {
      const request: Listed = {
        requestContext,
        session,
        response,
        permission: null,
        ended: null,
        abort: null,
        onClosed: null,
        place: NOWHERE,
      }
      running.add(request)
      response.on('close', () => {
        running.remove(request)
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
      for (const request of running.all()) end(request, new KeywayError('shutting_down'))
    },
  }
}

type Listed = RunningRequest & { place: number }

const NOWHERE = -1

/**
 * Not a Set: V8 copies one that many are added to and deleted from again and again, and each copy holds what
 * was in it, and the next copy, until the whole heap is collected.
 */
function createList() {
  const list: Listed[] = []
  return {
    *all(): Iterable<Listed> {
      // Ending one may end others.
      for (const request of list.slice()) if (request.place !== NOWHERE) yield request
    },
    add(request: Listed): void {
      request.place = list.push(request) - 1
    },
    remove(request: Listed): void {
      if (request.place === NOWHERE) return
      const last = list.pop()
      if (last !== undefined && last !== request) {
        list[request.place] = last
        last.place = request.place
      }
      request.place = NOWHERE
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
