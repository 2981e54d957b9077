// Lets another process drive the rehearsal over HTTP. Exists only when a control token was given, and wants it every time.
import { parseJson } from '../../shared/domain/exact-json.ts'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { KeywayError, asKeywayError } from '../../shared/contract/errors.ts'
import { sendJson } from './api/api-answers.ts'
import type { RehearsalControls } from './controls.ts'
import { readBody } from './request-body.ts'

export type ControlRoutes = (req: IncomingMessage, res: ServerResponse, path: string) => Promise<void>

const filterSchema = z.strictObject({
  account: z.string().max(200).optional(),
  clientId: z.string().max(200).optional(),
  grantId: z.string().max(200).optional(),
})

/** The calls, as `METHOD path`; bodies are JSON. */
type Call = (controls: RehearsalControls, body: unknown) => unknown

const calls: Readonly<Record<string, Call>> = {
  'GET /control/behaviour': (controls) => controls.behaviour(),
  'POST /control/behave': (controls, body) => controls.behave(body as object),
  'POST /control/reset': (controls) => controls.behaveNormally(),
  'GET /control/stats': (controls) => controls.stats(),
  'DELETE /control/stats': (controls) => {
    controls.clearStats()
    return { cleared: true }
  },
  'GET /control/grants': (controls) => controls.grants(),
  'POST /control/revoke': (controls, body) => ({ revoked: controls.revokeGrants(parseFilter(body)) }),
  'POST /control/expire': (controls, body) => ({
    expired: controls.expireAccessTokens(parseFilter(body)),
  }),
}

export type ControlAccess = {
  token: string
  /** Keeps the connection of this request alive through an outage that it asks for. */
  spare: (req: IncomingMessage) => void
}

export function createControlRoutes(controls: RehearsalControls, access: ControlAccess): ControlRoutes {
  const wanted = digest(`Bearer ${access.token}`)
  return async (req, res, path) => {
    if (!timingSafeEqual(digest(req.headers.authorization ?? ''), wanted)) {
      sendJson(res, 401, { error: 'unauthorized', message: 'The control token of this rehearsal is needed.' })
      return
    }
    const call = calls[`${req.method} ${path}`]
    if (call === undefined) {
      sendJson(res, 404, { error: 'not_found', calls: Object.keys(calls) })
      return
    }
    try {
      const body = parseBody(await readBody(req, 64 * 1024))
      access.spare(req)
      // A spared connection must not be used again: during an outage nobody gets through.
      res.setHeader('connection', 'close')
      sendJson(res, 200, await call(controls, body))
    } catch (failure) {
      const error = asKeywayError(failure)
      sendJson(res, error.status, error.toJSON())
    }
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {}
  try {
    return parseJson(body.toString('utf8'))
  } catch (cause) {
    throw new KeywayError('invalid_request', { message: 'The body is not JSON.', cause })
  }
}

function parseFilter(body: unknown): { account?: string; clientId?: string; grantId?: string } {
  const parsed = filterSchema.safeParse(body)
  if (!parsed.success)
    throw new KeywayError('invalid_request', {
      message: 'Name a grant by "account", "clientId" or "grantId", or all grants by {}.',
      cause: parsed.error,
    })
  const { account, clientId, grantId } = parsed.data
  return {
    ...(account === undefined ? {} : { account }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(grantId === undefined ? {} : { grantId }),
  }
}
