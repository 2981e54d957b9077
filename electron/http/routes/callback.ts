// GET and POST /oauth2/callback: the redirect URI of every sign-in. It needs no key; the state parameter,
// valid once, authorizes it.
import { z } from 'zod'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CallbackResult } from '../../core/keyway.ts'
import { type ErrorCode, errorTable, KeywayError } from '../../../shared/contract/errors.ts'
import { errorResponseSchema, toolshedConnected } from '../../../shared/contract/http-api.ts'
import { requestContextOf } from '../security/request-guard.ts'
import { type Framework, jsonOrPage } from '../server/framework.ts'
import type { HttpContext } from '../server/context.ts'
import { pageHeaders } from '../pages/page.ts'
import { failurePage, flowPage } from '../pages/result-page.ts'
import { returnUrlWith, toolshedResult } from '../connections/return-url.ts'
import { wantsPage } from '../server/respond.ts'

const PATH = '/oauth2/callback'
const BODY_LIMIT = 64 * 1024
const FORM_WANTED = {
  message: 'The body is not a form (application/x-www-form-urlencoded).',
  nextStep: 'Send the answer to the sign-in as a form.',
}

export async function callbackRoutes(app: Framework, context: HttpContext): Promise<void> {
  const schema = {
    summary: 'Where providers send the browser back to',
    description:
      'state is single use; iss is checked (RFC 9207). With a return_url the answer is a redirect there.',
    tags: ['Connections'],
    security: [],
    response: {
      200: jsonOrPage(toolshedConnected, 'Connected'),
      302: z.undefined().describe('To return_url'),
      default: jsonOrPage(errorResponseSchema, 'What went wrong, and what to do'),
    },
  }
  app.get(PATH, { config: { access: 'public' }, schema }, async (request, reply) => {
    if (isPrefetch(request)) {
      // A browser that only looks ahead must not use up the answer; it asks again when the person goes there.
      void reply.code(503).header('cache-control', 'no-store').send(undefined)
      return
    }
    const { query } = requestContextOf(request.raw)
    finish(
      request,
      reply,
      await context.keyway.flows.callback(new URLSearchParams(query), addressOf(request)),
    )
  })
  await app.register((forms, _options, done) => {
    forms.removeAllContentTypeParsers()
    forms.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: BODY_LIMIT },
      (_request, body, parsed) => parsed(null, new URLSearchParams(String(body))),
    )
    forms.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, parsed) =>
      parsed(body.length === 0 ? null : new KeywayError('unsupported_media_type', FORM_WANTED), undefined),
    )
    forms.post(
      PATH,
      {
        config: { access: 'public' },
        schema: { ...schema, summary: 'The same for response_mode=form_post' },
      },
      async (request, reply) => {
        const parameters = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
        finish(request, reply, await context.keyway.flows.callback(parameters, addressOf(request)))
      },
    )
    done()
  })
}

/** Fetch Metadata's Sec-Purpose, and what older browsers send. Prerendering is `prefetch;prerender`. */
function isPrefetch({ headers }: FastifyRequest): boolean {
  return ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) =>
    String(headers[name] ?? '')
      .toLowerCase()
      .startsWith('prefetch'),
  )
}

/** Null at the local socket, which has no address. */
function addressOf({ raw }: FastifyRequest): string | null {
  return raw.socket.localPort === undefined ? null : `http://${requestContextOf(raw).host}${PATH}`
}

function finish(request: FastifyRequest, reply: FastifyReply, result: CallbackResult): void {
  const { status, text } = pageOf(result)
  if (result.returnUrl !== null) void reply.redirect(returnUrlWith(result.returnUrl, result), 302)
  else if (wantsPage(request)) void reply.code(status).headers(pageHeaders()).send(text)
  else void reply.code(status).send(toolshedResult(result))
}

function pageOf({ flow, failure }: CallbackResult): { status: number; text: string } {
  const shown = failure ?? (flow?.kind === 'failed' ? flow.failure : null)
  if (shown !== null) return { status: statusOf(shown.code), text: failurePage(shown) }
  if (flow === null) {
    const row = errorTable.flow_not_found
    return {
      status: row.status,
      text: failurePage({ code: 'flow_not_found', message: row.sentence, nextStep: row.nextStep.window }),
    }
  }
  return { status: 200, text: flowPage(flow) }
}

function statusOf(code: string): number {
  return Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode].status : 400
}
