import type { z } from 'zod'
import type { AppView } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import {
  appMeResponseSchema,
  appMePatch,
  errorResponseSchema,
  toIsoMoment,
  toIsoMomentOrNull,
} from '../../../shared/contract/http-api.ts'
import type { AppSession } from '../../core/keyway.ts'
import { type Framework, sessionOf } from '../server/framework.ts'
import type { HttpContext } from '../server/context.ts'

type Me = z.output<typeof appMeResponseSchema>

export function appRoutes(app: Framework, { keyway }: HttpContext): void {
  const viewOf = ({ app: { id } }: AppSession): AppView => {
    const view = keyway.apps.list().find((each) => each.id === id)
    if (view === undefined) throw new KeywayError('unauthorized')
    return view
  }
  app.get(
    '/api/apps/me',
    {
      exposeHeadRoute: true,
      schema: {
        summary: 'What this app is and may do, and which of its needs nothing meets yet',
        tags: ['Apps'],
        response: { 200: appMeResponseSchema, default: errorResponseSchema },
      },
    },
    (request) => {
      const session = sessionOf(request)
      return meAnswer(viewOf(session), session.keyId)
    },
  )
  app.patch(
    '/api/apps/me',
    {
      schema: {
        summary: 'Declare which providers and scopes the app needs',
        description: 'Everything else about an app is the person’s to change.',
        tags: ['Apps'],
        body: appMePatch,
        response: { 200: appMeResponseSchema, default: errorResponseSchema },
      },
    },
    (request) => {
      const session = sessionOf(request)
      const view = keyway.apps.update(session.app.id, { authProviders: request.body.authProviders })
      return meAnswer(view, session.keyId)
    },
  )
}

export function describeApp(view: AppView): Omit<Me, 'key'> {
  return {
    id: view.id,
    name: view.name,
    manage: view.manage,
    approve: view.approve,
    grants: view.grants,
    origins: view.origins,
    authProviders: view.authProviders,
    remembered: view.remembered.map(({ until, ...use }) => ({ ...use, until: toIsoMoment(until) })),
    missing: view.missing.map(({ provider, scopes }) => ({ provider, scopes: [...scopes] })),
  }
}

function meAnswer(view: AppView, keyId: string): Me {
  const key = view.keys.find(({ id }) => id === keyId)
  return { ...describeApp(view), key: { id: keyId, expiresAt: toIsoMomentOrNull(key?.expiresAt ?? null) } }
}
