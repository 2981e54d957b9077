import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Grant } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import {
  errorResponseSchema,
  pairBody,
  pairDecided,
  pairParams,
  pairQuery,
  pairStarted,
  toIsoMoment,
} from '../../../shared/contract/http-api.ts'
import type { Keyway } from '../../core/keyway.ts'
import { clientGone } from '../server/respond.ts'
import { baseUrl } from '../connections/links.ts'
import type { Framework } from '../server/framework.ts'
import type { HttpContext } from '../server/context.ts'
import { createPairings, type Pairings, type Polled } from '../apps/pairing.ts'
import { delayedRefusal } from '../security/app-key.ts'
import { markAuthenticated, markUnauthenticated } from '../server/connection-limits.ts'
import { describeApp } from './apps.ts'

/** Connections that one poll token keeps from giving way. */
const MOST_POLLERS = 2
const ownerOf = (pairingId: string): string => `pairing ${pairingId}`

export function pairingRoutes(app: Framework, context: HttpContext): void {
  const pairings = createPairings(context.keyway, context.closing, (id) => markUnauthenticated(ownerOf(id)))
  startRoute(app, context, pairings)
  pollRoute(app, context, pairings)
  cancelRoute(app, context, pairings)
}

function startRoute(app: Framework, context: HttpContext, pairings: Pairings): void {
  app.post(
    '/api/apps/pair',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Ask the person to pair this program; needs no key',
        description:
          'Show the code: the person compares it with the one in Keyway and decides within 60 s. Then fetch the key at pollUrl.',
        tags: ['Apps'],
        security: [],
        body: pairBody,
        response: { 202: pairStarted, default: errorResponseSchema },
      },
    },
    async (request, reply) => {
      const { code: _chosen, ...wants } = request.body
      const started = pairings.start(wants, request.raw.socket)
      return reply.code(202).send({
        status: 'pending',
        pairingId: started.pairingId,
        code: started.code,
        pollToken: started.pollToken,
        pollUrl: `${baseUrl(context)}/api/apps/pair/${started.pairingId}`,
        expiresAt: toIsoMoment(started.expiresAt),
      })
    },
  )
}

function pollRoute(app: Framework, context: HttpContext, pairings: Pairings): void {
  app.get(
    '/api/apps/pair/:pairingId',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Fetch the decision; the key comes once',
        description: 'Send the poll token as "Authorization: Bearer". 202 while the person has not decided.',
        tags: ['Apps'],
        security: [{ pollToken: [] }],
        params: pairParams,
        querystring: pairQuery,
        response: { 200: pairDecided, 202: pairDecided, default: errorResponseSchema },
      },
    },
    async (request, reply) => {
      const { pairingId } = request.params
      const token = pollTokenOf(request)
      const before = pairings.poll(pairingId, token)
      // It waits for the person: silent connections must not push it out.
      if (before?.kind === 'pending') markAuthenticated(request.raw.socket, ownerOf(pairingId), MOST_POLLERS)
      if (before?.kind === 'pending' && request.query.wait > 0) {
        await pairings.wait(pairingId, request.query.wait * 1000, clientGone(reply.raw))
      }
      // A caller that has gone would lose the key that is handed out once.
      if (reply.raw.destroyed) return reply
      const polled = before?.kind === 'decided' ? before : pairings.poll(pairingId, token)
      if (polled === null) throw await unknownPairing(context, request)
      if (polled.kind === 'decided') return reply.send(approved(context, polled))
      return reply
        .code(202)
        .send({ status: 'pending', code: polled.code, expiresAt: toIsoMoment(polled.expiresAt) })
    },
  )
}

function cancelRoute(app: Framework, context: HttpContext, pairings: Pairings): void {
  app.delete(
    '/api/apps/pair/:pairingId',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Take the question back',
        description:
          'Send the poll token as "Authorization: Bearer". A key that was not fetched yet is void.',
        tags: ['Apps'],
        security: [{ pollToken: [] }],
        params: pairParams,
        response: { 204: z.undefined().describe('Taken back'), default: errorResponseSchema },
      },
    },
    async (request, reply) => {
      if (!pairings.cancel(request.params.pairingId, pollTokenOf(request))) {
        throw await unknownPairing(context, request)
      }
      return reply.code(204).send(undefined)
    },
  )
}

/** Answered as late as a wrong key: a poll token may be guessed at too. */
async function unknownPairing(context: HttpContext, request: FastifyRequest): Promise<KeywayError> {
  const refusal = await delayedRefusal(context, request.raw, { kind: 'wrong' })
  if (refusal.code !== 'unauthorized') return refusal
  return new KeywayError('unauthorized', {
    message: 'No pairing waits under that id and poll token; a decision is handed out once.',
    nextStep: 'Ask to be paired again.',
  })
}

/** @throws KeywayError unauthorized */
function pollTokenOf({ headers: { authorization } }: FastifyRequest): string {
  const token = /^bearer +(kp_\S+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) {
    throw new KeywayError('unauthorized', {
      message: 'No poll token came with the request ("Authorization: Bearer <pollToken>").',
      nextStep: 'Send the poll token that the pairing began with.',
    })
  }
  return token
}

/** @throws KeywayError approval_denied | approval_timeout, or why no app could be made */
function approved({ keyway }: HttpContext, { decision, wants }: Polled & { kind: 'decided' }) {
  if (decision instanceof KeywayError) throw decision
  if (decision === 'denied') throw new KeywayError('approval_denied')
  if (decision === 'timed_out') throw new KeywayError('approval_timeout')
  const named = new Set(wants.grants.map(({ provider }) => provider))
  return {
    status: 'approved' as const,
    key: decision.key,
    app: describeApp(decision.app),
    granted: decision.app.grants.map((grant) => grantByName(keyway, grant)),
    unregistered: [...named].filter((slug) => keyway.providers.find(slug) === null),
  }
}

function grantByName({ providers, connections }: Keyway, { target, token, proxy }: Grant) {
  const connection = target.kind === 'connection' ? connections.record(target.connectionId) : null
  const providerId = target.kind === 'provider' ? target.providerId : (connection?.providerId ?? null)
  const provider = providerId === null ? null : (providers.find(providerId)?.slug ?? providerId)
  return { provider, account: connection?.account ?? null, token, proxy }
}
