// Fastify behind the router: everything but the few calls that must be as fast as Node itself. It is
// loaded after the server listens.
import type { IncomingMessage, ServerResponse } from 'node:http'
import swagger from '@fastify/swagger'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchemaCompiler,
  type HTTPMethods,
  type RawServerDefault,
} from 'fastify'
import { createJsonSchemaTransform, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppRecord } from '../../../shared/contract/app.ts'
import { KeywayError, toErrorBody } from '../../../shared/contract/errors.ts'
import { isDeeperThan } from '../../../shared/contract/schema-walk.ts'
import { parseJson } from '../../../shared/domain/exact-json.ts'
import { invalidRequest } from '../../core/invalid-request.ts'
import type { AppSession } from '../../core/keyway.ts'
import { pageHeaders } from '../pages/page.ts'
import { failurePage } from '../pages/result-page.ts'
import { authenticate, delayedRefusal } from '../security/app-key.ts'
import { allowOrigin } from '../security/cors.ts'
import { requestContextOf } from '../security/request-guard.ts'
import type { HttpContext } from './context.ts'
import { hasBody, inviteBody } from './request-body.ts'
import { COMMON_HEADERS, failureHeaders, logInternal, wantsPage } from './respond.ts'

export type Framework = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

const FOR_PROGRAMS: ReadonlySet<Access> = new Set(['app', 'manage', 'approve'])

const BODY_LIMIT = 1024 * 1024

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
  // Answers are built from typed values; checking them again on the way out would only turn a working call
  // into a failed one.
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

/**
 * A request without a body may still name its type, as many clients always do; whether a body is needed says
 * the route's schema.
 */
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

const toJsonSchema = createJsonSchemaTransform({ zodToJsonConfig: { target: 'draft-2020-12' } })

/** A route's schemas as JSON Schema; the wildcard gets the name that a reader expects. */
const describeRoute: typeof toJsonSchema = (input) => {
  const described = toJsonSchema(input)
  if (!described.url.endsWith('/*')) return described
  const { params } = described.schema as {
    params?: { properties?: Record<string, unknown>; required?: string[] }
  }
  const { '*': rest, ...others } = params?.properties ?? {}
  return {
    url: described.url.replace(/\*$/, ':path'),
    schema: {
      ...described.schema,
      params: {
        ...params,
        properties: { ...others, path: rest },
        required: [...Object.keys(others), 'path'],
      },
    },
  }
}

/** The framework's own failures in Keyway's words. */
function asHttpFailure(error: unknown): KeywayError {
  if (error instanceof KeywayError) return error
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new KeywayError('payload_too_large', { cause: error })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new KeywayError('unsupported_media_type', { cause: error })
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new KeywayError('invalid_request', {
      message:
        code === 'FST_ERR_BAD_URL' ? 'The address has a broken percent-encoding.' : 'The body is not JSON.',
      details: { field: code === 'FST_ERR_BAD_URL' ? 'url' : 'body' },
      cause: error,
    })
  }
  return new KeywayError('internal_error', { cause: error })
}

const MOST_LEVELS = 500

const WHERE: Readonly<Record<string, string>> = { querystring: 'query', params: 'path' }

/**
 * Parses each part of a request by its schema; what fails names the field in the same words as everywhere
 * else.
 */
const compileValidator: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart = 'request' }) => {
  const where = WHERE[httpPart] ?? httpPart
  return (data: unknown) => {
    // Before anything walks through it: a validator, an inspection or a serialisation that goes down with it
    // runs out of stack.
    if (isDeeperThan(data, MOST_LEVELS)) {
      const message = `It is nested deeper than ${MOST_LEVELS} levels.`
      return { error: invalidRequest(where, [{ path: [], message }]) }
    }
    const result = schema.safeParse(data)
    return result.success
      ? { value: result.data }
      : { error: invalidRequest(where, result.error.issues, schema) }
  }
}

function openapiInfo({ keyway, address }: HttpContext) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Keyway local API',
      version: keyway.snapshot().server.version,
      description:
        'Fresh access tokens and proxied API requests for local programs. Loopback only; every call wants an app key. ' +
        'Failures have a code, a message and a nextStep.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: address.url ?? `http://127.0.0.1:${keyway.settings.get().port}` }],
    tags: [
      { name: 'Tokens', description: 'A token that works right now, or the reason why not.' },
      { name: 'Requests', description: 'API calls through Keyway; the caller never sees the token.' },
      { name: 'Connections', description: 'Accounts that are connected, and connecting them.' },
      { name: 'Apps', description: 'Pairing, and what an app may do.' },
      {
        name: 'Approvals',
        description: 'Answering for the person; wants a key that the person gave this right.',
      },
      { name: 'Providers', description: 'Registering providers; wants the manage grant.' },
      { name: 'Toolshed', description: 'The same in toolshed’s words; userId is the account.' },
      { name: 'Server', description: 'Health, events and this description.' },
    ],
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey' as const, in: 'header' as const, name: 'X-API-Key' },
        bearer: { type: 'http' as const, scheme: 'bearer' },
        pollToken: { type: 'http' as const, scheme: 'bearer' },
      },
    },
    security: [{ apiKey: [] }, { bearer: [] }],
  }
}

// Who may use a route, said once in its config. Everything that does not say otherwise wants an app key.

/**
 * `link`: a key or a ticket, which the route looks at itself. `pairing`, `public`: no key. `window`: the
 * route checks its own session.
 */
export type Access = 'app' | 'manage' | 'approve' | 'link' | 'public' | 'window'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
}

const sessions = new WeakMap<IncomingRequest, AppSession>()
type IncomingRequest = FastifyRequest['raw']

function admitByAccess(app: Framework, context: HttpContext): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(COMMON_HEADERS)
    const access = request.routeOptions.config.access ?? 'app'
    if (access === 'public' || access === 'window' || request.is404) return
    await admit(request, reply, access, context)
  })
}

async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  context: HttpContext,
): Promise<void> {
  const requestContext = requestContextOf(request.raw)
  const authenticated = authenticate(requestContext, context.keyway)
  if (authenticated.kind === 'missing' && access === 'link') return
  if (authenticated.kind !== 'ok') {
    if (hasBody(request.raw)) reply.raw.shouldKeepAlive = false
    throw await delayedRefusal(context, request.raw, authenticated)
  }
  if (requestContext.origin !== null) allowOrigin(reply.raw, requestContext.origin)
  const { session } = authenticated
  const refusal = accessRefusal(access, session.app)
  if (refusal !== null) throw refusal
  sessions.set(request.raw, session)
  const running = context.running.start({ requestContext, session, response: reply.raw })
  running.permission = { connectionId: null, refusal: (app) => accessRefusal(access, app) }
  // What the route answers later goes nowhere.
  running.abort = () => void reply.hijack()
}

function accessRefusal(access: Access, { manage, approve }: AppRecord): KeywayError | null {
  if (access === 'manage' && !manage) {
    return new KeywayError('forbidden', { message: 'Only an app that may manage providers can do that.' })
  }
  if (access !== 'approve' || approve) return null
  return new KeywayError('forbidden', { message: 'Only an app that may answer for the person can do that.' })
}

/** The app behind a request that got through. */
export function sessionOf(request: FastifyRequest): AppSession {
  const session = sessions.get(request.raw)
  if (session === undefined) throw new KeywayError('unauthorized')
  return session
}

export function sessionOrNull(request: FastifyRequest): AppSession | null {
  return sessions.get(request.raw) ?? null
}

/**
 * For routes that are described here but answered by the router, which is faster; the framework never
 * sees a request for them.
 */
export function answeredInFront(): never {
  throw new KeywayError('internal_error')
}

// Answers that are not plain JSON, as the description shows them.

const text = z.string()

/** JSON for a program, a page for a browser. */
export const jsonOrPage = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema }, 'text/html': { schema: text } },
})

/** One type of content, of whatever shape. */
export const contentOf = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: z.any() } },
})

/** What any address here may take. */
const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * A known address with another method is 405 with `Allow`, not 404; OPTIONS is answered with what there is
 * (RFC 9110 9.3.7).
 */
function refuseOtherMethods(app: Framework): { complete(): void } {
  const taken = new Map<string, Set<string>>()
  let open = true
  app.addHook('onRoute', ({ url, method }) => {
    if (!open) return
    const methods = taken.get(url) ?? new Set()
    taken.set(url, methods)
    for (const each of Array.isArray(method) ? method : [method]) methods.add(each)
  })
  return {
    complete() {
      open = false
      for (const [url, methods] of taken) {
        const rest = METHODS.filter((method) => !methods.has(method))
        if (rest.length === 0) continue
        const allow = [...methods, 'OPTIONS'].join(', ')
        app.route({
          method: [...rest],
          url,
          schema: { hide: true },
          config: { access: 'public' },
          // Before any body is read.
          onRequest: async (request, reply) => {
            if (request.method !== 'OPTIONS')
              throw new KeywayError('method_not_allowed', { details: { allow } })
            return reply.code(204).header('allow', allow).send(undefined)
          },
          handler: () => undefined,
        })
      }
    },
  }
}
