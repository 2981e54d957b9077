// The queue of approvals with their timeout: without an answer in one minute a request is denied. Every call
// has its own entry. Identical ones are shown as one, but no answer to one call permits another.
import { z } from 'zod'
import {
  type AppRecord,
  type AppView,
  grant,
  type Grant,
  type RememberedUse,
} from '../../../shared/contract/app.ts'
import type { Approval, Decision, LockedRequest } from '../../../shared/contract/approval.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { type AppUse, type AppVerdict, exactPath, may } from '../../../shared/domain/app-policy.ts'
import { type Clock, newId } from '../ports.ts'

const APPROVAL_TIMEOUT_MS = 60_000
const MAX_SHOWN_PER_APP = 25
const MAX_SHOWN = 100
/** Including identical ones, since each may hold a body. */
const MAX_CALLS_PER_APP = 100

export type ApprovalOutcome =
  /** `paired`: the app and key that the answer created, for the program that requested it. */
  | { decision: Decision; by?: string | undefined; paired?: { app: AppView; key: string } }
  /**
   * Nobody answered; nobody could (the vault was locked meanwhile); nobody waits any more; or it was not put
   * to anybody.
   */
  | { decision: 'timed_out' | 'locked' | 'gone' | 'too_many' }
type DistributiveOmit<Whole, Key extends PropertyKey> = Whole extends unknown ? Omit<Whole, Key> : never
export type QueuedQuestion = DistributiveOmit<Approval, 'id' | 'askedAt' | 'expiresAt' | 'waiting'>

export type ApprovalQueue = {
  /** One entry per group of identical calls, the oldest. */
  list(): Approval[]
  /** `sameAs`: calls with the same key are shown as one; null: this call is never combined. */
  add(question: QueuedQuestion, sameAs: string | null, signal?: AbortSignal): Promise<ApprovalOutcome>
  /** @throws KeywayError not_found */
  getOrThrow(id: string): Approval
  /** Every waiting call, each with its own id. */
  each(): Approval[]
  /** The calls that are shown together with this one, including itself. */
  groupOf(id: string): Approval[]
  settle(id: string, verdict: ApprovalOutcome): void
  settleAll(verdict: ApprovalOutcome): void
}

type Open = {
  readonly approval: Approval
  readonly sameAs: string | null
  readonly settle: (verdict: ApprovalOutcome) => void
}

export function createApprovalQueue(deps: { clock: Clock; onChanged: () => void }): ApprovalQueue {
  const { clock, onChanged } = deps
  const open = new Map<string, Open>()
  const groups = (): Open[][] => grouped(open.values())
  const settle = (id: string, verdict: ApprovalOutcome): void => {
    const entry = open.get(id)
    if (!open.delete(id)) return
    entry?.settle(verdict)
    onChanged()
  }
  return {
    list: () =>
      groups().flatMap((group) =>
        group[0] === undefined ? [] : [{ ...group[0].approval, waiting: group.length }],
      ),
    add(question, sameAs, signal) {
      if (signal?.aborted === true) return Promise.resolve({ decision: 'gone' })
      // A flood of requests must not hide others in the window, so further ones are rejected without being
      // shown.
      if (isTooMuch(groups(), question.appId, sameAs)) return Promise.resolve({ decision: 'too_many' })
      const askedAt = clock.now()
      // A copy, so that the caller cannot change what is shown and then granted.
      const shown = structuredClone(question)
      const id = newId('ask')
      const approval = { ...shown, id, askedAt, expiresAt: askedAt + APPROVAL_TIMEOUT_MS, waiting: 1 }
      return new Promise((resolve) => {
        const leave = (): void => settle(id, { decision: 'gone' })
        const cancelTimer = clock.after(APPROVAL_TIMEOUT_MS, () => settle(id, { decision: 'timed_out' }))
        const over = (verdict: ApprovalOutcome): void => {
          cancelTimer()
          signal?.removeEventListener('abort', leave)
          resolve(verdict)
        }
        open.set(id, { approval, sameAs, settle: over })
        signal?.addEventListener('abort', leave, { once: true })
        onChanged()
      })
    },
    getOrThrow(id) {
      const entry = open.get(id)
      if (entry !== undefined) return entry.approval
      throw new KeywayError('not_found', {
        message: 'That question was answered already, or its time ran out.',
        nextStep: 'Wait for the app to ask again.',
      })
    },
    each: () => [...open.values()].map(({ approval }) => approval),
    groupOf(id) {
      const group = groups().find((entries) => entries.some(({ approval }) => approval.id === id)) ?? []
      return group.map(({ approval }) => approval)
    },
    settle,
    settleAll(verdict) {
      const ids = [...open.keys()]
      for (const id of ids) settle(id, verdict)
    },
  }
}

const grouped = (entries: Iterable<Open>): Open[][] => [
  ...Map.groupBy(entries, ({ approval, sameAs }) => sameAs ?? approval.id).values(),
]

function isTooMuch(shown: readonly Open[][], appId: string | null, sameAs: string | null): boolean {
  const ofApp = shown.filter(([first]) => first?.approval.appId === appId)
  if (ofApp.flat().length >= MAX_CALLS_PER_APP) return true
  if (shown.some(([first]) => sameAs !== null && first?.sameAs === sameAs)) return false
  return shown.length >= MAX_SHOWN || ofApp.length >= MAX_SHOWN_PER_APP
}

// What an approval of a use covers, how far a remembered one reaches, and which permission "always" creates.

export type RequestedUse = Pick<
  Extract<Approval, { kind: 'use' }>,
  'connectionId' | 'what' | 'method' | 'url' | 'bodyBytes' | 'bodySha256'
>

const MAX_GRANTS = 100

const remembered = z.tuple([
  z.string(),
  z.enum(['token', 'proxy']),
  z.string().nullable(),
  z.string().nullable(),
])

/**
 * Identifies the exact call including its body; equal calls are shown as one. Null if a part is unknown: then
 * no other call is equal.
 */
export function sameCallKey(appId: string, use: RequestedUse): string | null {
  const { connectionId, what, method, url, bodyBytes, bodySha256 } = use
  if (what === 'proxy' && bodySha256 === null && bodyBytes !== 0) return null
  return JSON.stringify(['use', appId, connectionId, what, method, url, bodyBytes, bodySha256])
}

/**
 * What an approval for ten minutes covers: the token, or one method at one host. Not a single path, because
 * an agent that reads pages would ask all the time.
 */
export function sameUseKey({
  connectionId,
  what,
  method,
  url,
}: Pick<RequestedUse, 'connectionId' | 'what' | 'method' | 'url'>): string {
  return JSON.stringify([connectionId, what, method, parsed(url)?.host ?? null])
}

/** The inverse of {@link sameUseKey}. */
export function rememberedUseFrom(text: string, until: number): RememberedUse {
  const [connectionId, what, method, host] = remembered.parse(JSON.parse(text))
  return { connectionId, what, method, host, until }
}

type Known = { id: string; providerId: string }

/** What the app's current permissions say about the request. */
export function policyVerdict(
  app: AppRecord,
  asked: RequestedUse,
  connection: Known,
  now: number,
): AppVerdict {
  return may(app, appUseOf(asked), connection, now)
}

/**
 * The app's permissions with one added for "always", which the person sees and can remove: this method, host
 * and path, not longer than the permission that required the approval. Unchanged if the app no longer needs
 * an approval.
 * @throws KeywayError invalid_request if no permission can express exactly this; the request then stays open
 */
export function withLastingGrant(
  app: AppRecord,
  asked: RequestedUse,
  connection: Known,
  now: number,
): Grant[] {
  const verdict = policyVerdict(app, asked, connection, now)
  if (verdict.kind !== 'ask') return app.grants
  if (app.grants.length >= MAX_GRANTS) {
    throw cannotLast(`The app has ${MAX_GRANTS} permissions, which is as many as one may have.`)
  }
  const url = parsed(asked.url)
  const narrowed =
    asked.what === 'proxy'
      ? {
          methods: [asked.method],
          hosts: url === null ? [] : [url.host],
          paths: [exactPath(url?.pathname ?? '/')],
        }
      : {}
  const lasting = grant.safeParse({
    ...verdict.grant,
    ...narrowed,
    target: { kind: 'connection', connectionId: connection.id },
    token: asked.what === 'token',
    proxy: asked.what === 'proxy',
    approval: 'allow',
  })
  const grants = lasting.success ? [lasting.data, ...app.grants] : app.grants
  if (policyVerdict({ ...app, grants }, asked, connection, now).kind !== 'allow') {
    throw cannotLast('No permission can name exactly this method and path: servers may read it in two ways.')
  }
  return grants
}

function cannotLast(message: string): KeywayError {
  return new KeywayError('invalid_request', {
    message,
    nextStep: 'Allow it once or for ten minutes, or change what the app may do under Apps.',
    details: { field: 'decision', allowed: ['once', 'ten_minutes', 'deny'] },
  })
}

function appUseOf({ what, method, url }: RequestedUse): AppUse {
  if (what === 'token') return { what }
  const address = parsed(url)
  return { what, method: method ?? '', host: address?.host ?? '', path: address?.pathname ?? '/' }
}

function parsed(url: string | null): URL | null {
  return url !== null && URL.canParse(url) ? new URL(url) : null
}

// Requests while the vault was locked: a short list for the lock screen, in memory only. Callers without a
// key share the last entry.

const MAX_LOCKED_ASKS = 5

export type RequestsWhileLocked = {
  list(): LockedRequest[]
  note(ask: Omit<LockedRequest, 'at' | 'count'>): void
  clear(): void
}

export function createRequestsWhileLocked(clock: Clock): RequestsWhileLocked {
  let asks: LockedRequest[] = []
  const isSame = (one: LockedRequest, ask: Omit<LockedRequest, 'at' | 'count'>): boolean =>
    one.appId === ask.appId &&
    (one.appId === null ||
      (one.what === ask.what && one.providerName === ask.providerName && one.account === ask.account))
  return {
    list: () => asks,
    note(ask) {
      const before = asks.find((each) => isSame(each, ask))
      const count = before?.appName === ask.appName ? before.count + 1 : 1
      const latest = { ...ask, at: clock.now(), count }
      asks = [latest, ...asks.filter((each) => each !== before)].slice(0, MAX_LOCKED_ASKS)
    },
    clear: () => void (asks = []),
  }
}
