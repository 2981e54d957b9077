// One authorization server that deviates as its rules say, and is strict about it: what a provider of
// that kind would refuse, it refuses with the reason. For tests on loopback; its state is a few sets.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { answerApi, answerRevoke } from './server-api.ts'
import { answerAuthorize } from './server-authorize.ts'
import { createServerState, type ServerState, type ServerParts } from './server-parts.ts'
import { readRequest, type SeenRequest } from './server-request.ts'
import type { ServerRules, Reply } from './server-rules.ts'
import { answerDevice, answerToken } from './server-token.ts'

export type NonConformantServer = {
  readonly origin: string
  readonly requests: readonly SeenRequest[]
  readonly book: ServerState
  /** The last request to this path. */
  last(path: string): SeenRequest
}

/** Closed when the test is over. */
export async function startNonConformantServer(rules: ServerRules = {}): Promise<NonConformantServer> {
  const requests: SeenRequest[] = []
  const book = createServerState()
  const place = { origin: '' }
  const server = createServer((incoming, response) => {
    void readRequest(incoming).then((request) => {
      requests.push(request)
      const { status = 200, headers = {}, body } = answer({ rules, book, origin: place.origin }, request)
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const type = typeof body === 'string' ? {} : { 'content-type': 'application/json' }
      response.writeHead(status, { ...type, ...headers }).end(text)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  place.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  return {
    origin: place.origin,
    requests,
    book,
    last(path) {
      const found = requests.findLast((request) => request.path === path)
      if (found === undefined) throw new Error(`nothing was sent to ${path}`)
      return found
    },
  }
}

function answer(parts: ServerParts, request: SeenRequest): Reply {
  const { rules } = parts
  const key = `${request.method} ${request.path}`
  const route = rules.routes?.[key]
  if (route !== undefined) return route(request, parts.origin)
  if (rules.api?.[key] !== undefined) return answerApi(parts, request, key)
  if (request.path === (rules.authorize?.path ?? '/authorize')) return answerAuthorize(parts, request)
  if (request.path === (rules.revoke?.path ?? '/revoke')) return answerRevoke(parts, request)
  if (request.path === '/device') return answerDevice(parts, request)
  const isToken = request.path === (rules.token?.path ?? '/token') || request.path === rules.refresh?.path
  return isToken ? answerToken(parts, request) : { status: 404, body: { error: 'not_found' } }
}
