// Fastify behind the front door: everything but the few calls that must be as fast as Node itself. It is loaded after the server listens.
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type RawServerDefault,
  type FastifyBaseLogger,
} from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import swagger from '@fastify/swagger'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { KeywayError, toErrorBody } from '../../../shared/contract/errors.ts'
import { parseJson } from '../../../shared/domain/exact-json.ts'
import type { HttpContext } from '../http-context.ts'
import { admitByAccess, type Access } from './access.ts'
import { asHttpFailure } from './framework-errors.ts'
import { hasBody, inviteBody } from '../body-reader.ts'
import { failureHeaders, COMMON_HEADERS } from '../send.ts'
import { logInternal } from '../log-internal.ts'
import { compileValidator } from './compile-validator.ts'
import { describeRoute } from './describe-route.ts'
import { pageHeaders } from '../pages/page.ts'
import { failurePage } from '../pages/result-page.ts'
import { wantsPage } from '../wants-page.ts'
import { openapiInfo } from './openapi-info.ts'
import { METHODS, refuseOtherMethods } from './other-methods.ts'

export type Framework = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

const FOR_PROGRAMS: ReadonlySet<Access> = new Set(['app', 'manage', 'approve'])

export const BODY_LIMIT = 1024 * 1024

export async function createFramework(
  context: HttpContext,
  routes: ReadonlyArray<(app: Framework, context: HttpContext) => void | Promise<void>>,
): Promise<Framework> {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    // Only routes that say so: most GETs here do something, which a look must not set off.
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
    frameworkErrors: (error, _request, reply) => sendError(context, error, reply as unknown as FastifyReply),
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(compileValidator)
  // Answers are built from typed values; checking them again on the way out would only turn a working call into a failed one.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler((error, _request, reply) => sendError(context, error, reply as unknown as FastifyReply))
  app.setNotFoundHandler((request) => {
    if (METHODS.includes(request.method)) throw new KeywayError('not_found')
    throw new KeywayError('method_not_allowed', { details: { allow: METHODS.join(', ') } })
  })
  admitByAccess(app, context)
  readBodies(app)
  await app.register(swagger, {
    openapi: openapiInfo(context),
    transform: describeRoute,
  })
  const seen = refuseOtherMethods(app)
  for (const add of routes) await add(app, context)
  seen.complete()
  await app.ready()
  return app
}

/** A request without a body may still name its type, as many clients always do; whether a body is needed says the route's schema. */
function readBodies(app: Framework): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    if (!hasBody(request.raw)) delete request.headers['content-type']
    inviteBody(reply.raw)
    return payload
  })
  const refusePoison = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else {
      const text = String(body)
      void refusePoison(request, text, (error) => done(error, error === null ? parseJson(text) : undefined))
    }
  })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(body.length === 0 ? null : new KeywayError('unsupported_media_type'), undefined),
  )
}

function sendError(context: HttpContext, error: unknown, reply: FastifyReply): void {
  const failure = asHttpFailure(error)
  logInternal(context, failure)
  const { access } = reply.request.routeOptions.config
  // Where a person follows a link, a person reads the answer.
  if (access !== undefined && !FOR_PROGRAMS.has(access) && wantsPage(reply.request)) {
    void reply.code(failure.status).headers(pageHeaders()).send(failurePage(failure))
    return
  }
  void reply
    .code(failure.status)
    .headers({
      ...COMMON_HEADERS,
      ...failureHeaders(failure),
      'content-type': 'application/json; charset=utf-8',
    })
    .send(toErrorBody(failure))
}
