// The controls of a running practice provider: the same for code in this process and for the control
// endpoints.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { asKeywayError, KeywayError } from '../../shared/contract/errors.ts'
import { parseJson } from '../../shared/domain/exact-json.ts'
import type { AccountStore } from './accounts.ts'
import { respondJson } from './api.ts'
import type { BehaviourSwitch, PracticeBehaviour, PracticeBehaviourChange } from './behaviour.ts'
import type { Listener } from './listener.ts'
import { readRequestBody } from './request-body.ts'
import type { GrantFilter, PracticeGrant, TokenStore } from './token-store.ts'
import type { PracticeStats, VisitLog } from './visits.ts'

/** Selects grants; an absent member does not narrow. `account` is an address or a `sub`. */
export type PracticeGrantFilter = { account?: string; clientId?: string; grantId?: string }

export type PracticeControls = {
  /** The current behavior, with the remaining counts of its faults. */
  behaviour(): PracticeBehaviour
  /**
   * Changes the named parts from the next request on; resolves when an outage has begun or ended.
   * @throws KeywayError `invalid_request` (nothing is changed), `port_busy` when the port is taken after an
   * outage.
   */
  behave(change: PracticeBehaviourChange): Promise<PracticeBehaviour>
  /** Resets the behavior to the default. */
  behaveNormally(): Promise<PracticeBehaviour>
  stats(): PracticeStats
  clearStats(): void
  grants(): Array<PracticeGrant & { account: string | null }>
  /** Revokes grants with all their tokens, as on a provider's account page. Returns their number. */
  revokeGrants(filter?: PracticeGrantFilter): number
  /** Makes access tokens invalid now, before they expire. Returns their number. */
  expireAccessTokens(filter?: PracticeGrantFilter): number
}

export type ControlParts = {
  accounts: AccountStore
  behaviour: BehaviourSwitch
  listener: Listener
  log: VisitLog
  store: TokenStore
}

/** `close` cancels the timer of an outage. */
export function createControls(parts: ControlParts): { controls: PracticeControls; close: () => void } {
  const { accounts, behaviour, listener, log, store } = parts
  let comeBack: NodeJS.Timeout | null = null

  function forgetComeBack(): void {
    if (comeBack !== null) clearTimeout(comeBack)
    comeBack = null
  }

  async function apply(now: PracticeBehaviour): Promise<PracticeBehaviour> {
    forgetComeBack()
    if (now.outage.kind === 'none') {
      await listener.accept()
      return now
    }
    await listener.refuse()
    if (now.outage.forMs !== undefined) {
      comeBack = setTimeout(() => {
        // A port that was taken meanwhile is reported in the statistics, because there is no caller to throw
        // to.
        apply(behaviour.change({ outage: { kind: 'none' } })).catch((failure: unknown) => log.failed(failure))
      }, now.outage.forMs)
      comeBack.unref()
    }
    return now
  }

  const storeFilter = (filter: PracticeGrantFilter = {}): GrantFilter => ({
    ...(filter.account === undefined ? {} : { accountId: idOf(accounts, filter.account) }),
    ...(filter.clientId === undefined ? {} : { clientId: filter.clientId }),
    ...(filter.grantId === undefined ? {} : { grantId: filter.grantId }),
  })

  return {
    close: forgetComeBack,
    controls: {
      behaviour: () => structuredClone(behaviour.now()),
      behave: async (change) => apply(behaviour.change(change)),
      behaveNormally: () => apply(behaviour.reset()),
      stats: () => log.stats(),
      clearStats: () => log.clear(),
      grants: () =>
        store
          .grants()
          .map((grant) => Object.assign(grant, { account: accounts.byId(grant.accountId)?.email ?? null })),
      revokeGrants: (filter) => store.revokeGrants(storeFilter(filter)),
      expireAccessTokens: (filter) => store.expireAccessTokens(storeFilter(filter)),
    },
  }
}

const idOf = (accounts: AccountStore, account: string): string =>
  accounts.byId(account)?.id ?? accounts.byEmail(account)?.id ?? account

// Lets another process control the practice provider over HTTP. Exists only when a control token was given;
// every request must carry it.

export type ControlRoutes = (req: IncomingMessage, res: ServerResponse, path: string) => Promise<void>

const filterSchema = z.strictObject({
  account: z.string().max(200).optional(),
  clientId: z.string().max(200).optional(),
  grantId: z.string().max(200).optional(),
})

/** The calls, as `METHOD path`; bodies are JSON. */
type Call = (controls: PracticeControls, body: unknown) => unknown

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
  /** Keeps the connection of this request open through an outage that it starts. */
  spare: (req: IncomingMessage) => void
}

export function createControlRoutes(controls: PracticeControls, access: ControlAccess): ControlRoutes {
  const wanted = digest(`Bearer ${access.token}`)
  return async (req, res, path) => {
    if (!timingSafeEqual(digest(req.headers.authorization ?? ''), wanted)) {
      respondJson(res, 401, {
        error: 'unauthorized',
        message: 'The control token of this practice provider is needed.',
      })
      return
    }
    const call = calls[`${req.method} ${path}`]
    if (call === undefined) {
      respondJson(res, 404, { error: 'not_found', calls: Object.keys(calls) })
      return
    }
    try {
      const body = parseBody(await readRequestBody(req, 64 * 1024))
      access.spare(req)
      // The connection must not be reused: during an outage no request may succeed.
      res.setHeader('connection', 'close')
      respondJson(res, 200, await call(controls, body))
    } catch (failure) {
      const error = asKeywayError(failure)
      respondJson(res, error.status, error.toJSON())
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
