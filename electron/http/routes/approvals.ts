// Answering for the person from elsewhere than the window: with a key that the person gave exactly this
// right, and that no app can ask for.
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { Approval } from '../../../shared/contract/approval.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import {
  approvalDecided,
  approvalDecision,
  approvalListResponseSchema,
  approvalParams,
  errorResponseSchema,
  toIsoMoment,
  type ApprovalAnswer,
} from '../../../shared/contract/http-api.ts'
import { type Framework, sessionOf } from '../server/framework.ts'
import type { HttpContext } from '../server/context.ts'

const access = { access: 'approve' } as const
const tags = ['Approvals']

export function approvalRoutes(app: Framework, { keyway }: HttpContext): void {
  app.get(
    '/api/approvals',
    {
      exposeHeadRoute: true,
      config: access,
      schema: {
        summary: 'What waits for an answer',
        tags,
        response: { 200: approvalListResponseSchema, default: errorResponseSchema },
      },
    },
    (request) => {
      const { app: caller } = sessionOf(request)
      return { approvals: keyway.approvals.list().map((approval) => describe(approval, caller)) }
    },
  )
  app.post(
    '/api/approvals/:approvalId',
    {
      config: access,
      schema: {
        summary: 'Answer a question for the person',
        description:
          'once, ten_minutes, always or deny. An app never answers its own questions; pairings are decided in the window, where their code is compared.',
        tags,
        params: approvalParams,
        body: approvalDecision,
        response: { 200: approvalDecided, default: errorResponseSchema },
      },
    },
    (request) => {
      const { app: caller } = sessionOf(request)
      const { approvalId: id } = request.params
      const approval = keyway.approvals.list().find((each) => each.id === id)
      if (approval !== undefined) refuseUnlessAnswerable(approval, caller)
      const { decision } = request.body
      keyway.approvals.decide(id, decision, undefined, caller.name)
      return { id, decision }
    },
  )
}

const isAnswerable = ({ kind, appId }: Approval, caller: AppRecord): boolean =>
  kind === 'use' && appId !== caller.id

/** @throws KeywayError forbidden */
function refuseUnlessAnswerable(approval: Approval, caller: AppRecord): void {
  if (isAnswerable(approval, caller)) return
  throw approval.kind === 'pair'
    ? new KeywayError('forbidden', {
        message: 'A pairing hands out a key, so it is decided in the window, where its code is compared.',
        nextStep: 'Open Keyway\u2019s window.',
      })
    : new KeywayError('forbidden', { message: 'An app cannot answer its own questions.' })
}

function describe(approval: Approval, caller: AppRecord): ApprovalAnswer {
  const { id, appName, waiting } = approval
  const about = {
    id,
    appName,
    waiting,
    askedAt: toIsoMoment(approval.askedAt),
    expiresAt: toIsoMoment(approval.expiresAt),
    answerable: isAnswerable(approval, caller),
  }
  if (approval.kind === 'pair') return { ...about, kind: 'pair', code: approval.code }
  const { kind, what, connectionId, account, providerName, method, url, bodyBytes, bodySha256 } = approval
  return { ...about, kind, what, connectionId, account, providerName, method, url, bodyBytes, bodySha256 }
}
