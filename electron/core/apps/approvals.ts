// Applies the person's answers: a use is allowed once, for ten minutes, or permanently (as a permission), and
// a program is paired or rejected. What is granted is exactly the request as it was shown.
import {
  type AppInput,
  type AppPatch,
  type AppView,
  grant,
  type PairInput,
  type RememberedUse,
} from '../../../shared/contract/app.ts'
import type { Approval, Decision, LockedRequest } from '../../../shared/contract/approval.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { cleanName } from '../../../shared/contract/name.ts'
import type { AuditLog, Approvals } from '../keyway.ts'
import type { Clock } from '../ports.ts'
import {
  createRequestsWhileLocked,
  createApprovalQueue,
  type ApprovalQueue,
  sameCallKey,
  rememberedUseFrom,
  sameUseKey,
  type ApprovalOutcome,
  policyVerdict,
  withLastingGrant,
} from './approval-queue.ts'
import type { AppRegistry } from './apps.ts'

export type ApprovalsDeps = {
  apps: AppRegistry
  clock: Clock
  activity: Pick<AuditLog, 'append'>
  /** For names and targets. */
  provider: (idOrSlug: string) => { id: string; name: string } | null
  connection: (id: string) => ConnectionRecord | null
  /** While the vault is locked nobody can be asked. */
  isUnlocked: () => boolean
  onChanged: () => void
  onRequestWhileLocked: () => void
  /** An approval for ten minutes started or ended. */
  onRemembered: () => void
}

export type ApprovalService = Approvals & {
  remembered(appId: string): RememberedUse[]
  forget(appId: string): void
  lockedAsks(): LockedRequest[]
  /** Waiting requests are answered at once, because nobody can approve them any more. */
  locked(): void
  unlocked(): void
  close(): void
}

type UseApproval = Extract<Approval, { kind: 'use' }>
type PairApproval = Extract<Approval, { kind: 'pair' }>
type ApprovalTools = ApprovalsDeps & {
  board: ApprovalQueue
  remembered: RememberedDecisions
  requireUnlocked: Approvals['requireUnlocked']
}

export function createApprovals(deps: ApprovalsDeps): ApprovalService {
  const board = createApprovalQueue(deps)
  const remembered = createRememberedDecisions(deps.clock)
  const lockedAsks = createRequestsWhileLocked(deps.clock)
  const requireUnlocked: Approvals['requireUnlocked'] = (asked) => {
    if (deps.isUnlocked()) return
    lockedAsks.note(asked)
    deps.onRequestWhileLocked()
    throw new KeywayError('vault_locked')
  }
  const tools: ApprovalTools = { ...deps, board, remembered, requireUnlocked }

  return {
    list: board.list,
    requireUnlocked,
    requestUse: (asked) => requestUse(tools, asked),
    requestPairing: (wants, code, signal) => requestPairing(tools, { wants, code, signal }),
    decide(id, decision, patch, by) {
      const approval = board.getOrThrow(id)
      if (decision !== 'deny') {
        if (approval.kind === 'pair') return allowPair(tools, approval, patch, { decision, by })
        allowUse(tools, approval, { decision, by })
        return null
      }
      for (const same of board.groupOf(id)) board.settle(same.id, { decision, by })
      return null
    },
    isRemembered: (appId, use) => remembered.covers(appId, sameUseKey(use)),
    remembered: (appId) =>
      remembered.of(appId).map(({ thing, leftMs }) => rememberedUseFrom(thing, deps.clock.now() + leftMs)),
    forget(appId) {
      remembered.forget(appId)
      for (const approval of board.each()) {
        if (approval.appId === appId) board.settle(approval.id, { decision: 'deny' })
      }
    },
    lockedAsks: lockedAsks.list,
    locked() {
      for (const approval of board.each()) lockedAsks.note(lockedAskOf(approval))
      board.settleAll({ decision: 'locked' })
      deps.onRequestWhileLocked()
    },
    unlocked() {
      lockedAsks.clear()
      deps.onRequestWhileLocked()
    },
    close: () => board.settleAll({ decision: 'timed_out' }),
  }
}

async function requestUse(
  tools: ApprovalTools,
  { app, connection, signal, ...asked }: Parameters<Approvals['requestUse']>[0],
): ReturnType<Approvals['requestUse']> {
  const { account, providerId } = connection
  const use = { ...asked, connectionId: connection.id, bodySha256: asked.bodySha256 ?? null }
  const providerName = tools.provider(providerId)?.name ?? providerId
  tools.requireUnlocked({ appId: app.id, appName: app.name, what: use.what, providerName, account })
  if (tools.remembered.covers(app.id, sameUseKey(use))) return 'remembered'
  const question = { kind: 'use', appId: app.id, appName: app.name, account, providerName } as const
  const verdict = await tools.board.add({ ...question, ...use }, sameCallKey(app.id, use), signal)
  const what = use.what === 'token' ? 'to hand the token out' : 'to send a request'
  note(tools, { id: app.id, name: app.name }, { verdict, what, connection })
  const outcome = outcomeOf(verdict)
  return outcome === 'allowed' && tools.remembered.covers(app.id, sameUseKey(use)) ? 'remembered' : outcome
}

async function requestPairing(
  tools: ApprovalTools,
  { wants, code, signal }: { wants: PairInput; code: string; signal: AbortSignal | undefined },
): ReturnType<Approvals['requestPairing']> {
  const asker = { appId: null, appName: wants.name }
  tools.requireUnlocked({ ...asker, what: 'pair', providerName: null, account: null })
  const providers = [...new Set(wants.grants.map(({ provider }) => provider))].map((provider) => {
    const found = tools.provider(provider)
    return { provider, registered: found === null ? null : { id: found.id, name: found.name } }
  })
  // Never combined with another request: one approval creates one app.
  const verdict = await tools.board.add({ kind: 'pair', ...asker, code, wants, providers }, null, signal)
  note(tools, { id: null, name: wants.name }, { verdict, what: 'to pair it', connection: null })
  const outcome = outcomeOf(verdict)
  if (outcome !== 'allowed') return outcome
  if (!('paired' in verdict) || verdict.paired === undefined) throw new KeywayError('internal_error')
  return verdict.paired
}

function lockedAskOf(approval: Approval): Omit<LockedRequest, 'at' | 'count'> {
  const { appId, appName } = approval
  if (approval.kind === 'pair') return { appId, appName, what: 'pair', providerName: null, account: null }
  const { what, providerName, account } = approval
  return { appId, appName, what, providerName, account }
}

type Yes = { decision: Exclude<Decision, 'deny'>; by: string | undefined }

/**
 * The permission is stored first; if that fails, the request stays open.
 * @throws KeywayError invalid_request | disk_full | save_failed
 */
function allowUse(tools: ApprovalTools, approval: UseApproval, yes: Yes): void {
  const { board, remembered, apps, clock } = tools
  const { id, appId } = approval
  if (appId === null || yes.decision === 'once') {
    board.settle(id, yes)
    return
  }
  if (yes.decision === 'always') keepAlways(tools, appId, approval)
  else {
    remembered.remember(appId, sameUseKey(approval))
    tools.onRemembered()
    // A timer may fire slightly early.
    clock.after(TEN_MINUTES_MS + 5, tools.onRemembered)
  }
  board.settle(id, yes)
  // Other waiting requests that the new permission covers are answered too.
  for (const other of board.each()) {
    if (other.kind !== 'use' || other.appId !== appId) continue
    const app = apps.record(appId)
    const connection = tools.connection(other.connectionId)
    if (app === null || connection === null) continue
    const isCovered =
      yes.decision === 'always'
        ? policyVerdict(app, other, connection, clock.now()).kind === 'allow'
        : remembered.covers(appId, sameUseKey(other))
    if (isCovered) board.settle(other.id, yes)
  }
}

function keepAlways({ apps, connection, clock }: ApprovalTools, appId: string, approval: UseApproval): void {
  const app = apps.record(appId)
  const about = connection(approval.connectionId)
  if (app === null || about === null) return
  const grants = withLastingGrant(app, approval, about, clock.now())
  if (grants !== app.grants) apps.update(appId, { grants })
}

function allowPair(
  { board, apps }: ApprovalTools,
  approval: PairApproval,
  patch: AppPatch | undefined,
  yes: Yes,
): AppView {
  const takenNames = apps.list().map(({ name }) => name)
  const paired = apps.create(pairedApp(approval, patch, takenNames))
  board.settle(approval.id, { ...yes, paired })
  return paired.app
}

/** @throws KeywayError vault_locked | rate_limited */
function outcomeOf({ decision }: ApprovalOutcome): 'allowed' | 'denied' | 'timed_out' {
  if (decision === 'locked') throw new KeywayError('vault_locked')
  if (decision === 'too_many') {
    throw new KeywayError('rate_limited', {
      message: 'Too many questions of this app wait for an answer already.',
      nextStep: 'Wait until they are answered in Keyway’s window.',
    })
  }
  if (decision === 'timed_out') return 'timed_out'
  return decision === 'deny' || decision === 'gone' ? 'denied' : 'allowed'
}

const SAID: Readonly<Record<ApprovalOutcome['decision'], string>> = {
  once: 'Allowed once',
  ten_minutes: 'Allowed for ten minutes',
  always: 'Allowed always',
  deny: 'Denied',
  timed_out: 'Not answered',
  locked: 'Not answered, because the vault was locked',
  gone: 'Not answered before the caller went away',
  too_many: 'Not asked, because too many questions wait',
}
const CODES = {
  deny: 'approval_denied',
  timed_out: 'approval_timeout',
  locked: 'vault_locked',
  too_many: 'rate_limited',
} as const

/** Worded so that the redactor does not take the text for a named secret. */
function answered(verdict: ApprovalOutcome): string {
  const by = 'by' in verdict ? verdict.by : undefined
  const said = SAID[verdict.decision]
  return by === undefined ? said : `${said} by the app “${by}”`
}

function note(
  { activity }: ApprovalsDeps,
  app: { id: string | null; name: string },
  {
    verdict,
    what,
    connection,
  }: { verdict: ApprovalOutcome; what: string; connection: ConnectionRecord | null },
): void {
  const { decision } = verdict
  const isYes = decision === 'once' || decision === 'ten_minutes' || decision === 'always'
  activity.append({
    kind: 'approval',
    outcome: isYes ? 'ok' : 'refused',
    appName: app.name,
    note: `${answered(verdict)}, ${what}`,
    ...(decision in CODES ? { code: CODES[decision as keyof typeof CODES] } : {}),
    ...(app.id === null ? {} : { appId: app.id }),
    ...(connection === null ? {} : { connectionId: connection.id, account: connection.account }),
  })
}

/** The app that a pairing creates: what the request showed, reduced by the person's changes. */
function pairedApp(
  { wants, providers }: Extract<Approval, { kind: 'pair' }>,
  patch: AppPatch | undefined,
  takenNames: readonly string[],
): AppInput {
  const idOf = new Map(providers.map(({ provider, registered }) => [provider, registered?.id]))
  const grants = wants.grants.flatMap(({ provider, ...rest }) => {
    const providerId = idOf.get(provider)
    return providerId === undefined
      ? []
      : [grant.parse({ target: { kind: 'provider', providerId }, ...rest })]
  })
  return {
    name: freeName(patch?.name ?? wants.name, takenNames),
    grants: patch?.grants ?? grants,
    manage: wants.manage && patch?.manage !== false,
    // A program cannot request this.
    approve: patch?.approve ?? false,
    origins: patch?.origins ?? [],
    authProviders: patch?.authProviders ?? wants.authProviders,
  }
}

function freeName(wanted: string, takenNames: readonly string[]): string {
  const taken = new Set(takenNames.map((name) => name.toLowerCase()))
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${cleanName(wanted, 90)} (${n})`
    if (!taken.has(name.toLowerCase())) return name
  }
}

const TEN_MINUTES_MS = 10 * 60_000

/**
 * Approvals for ten minutes. In memory only and on the monotonic clock: after a restart or a change of the
 * app the person is asked again.
 */
export type RememberedDecisions = {
  remember(appId: string, thing: string): void
  covers(appId: string, thing: string): boolean
  /** The current approvals with their remaining milliseconds. */
  of(appId: string): Array<{ thing: string; leftMs: number }>
  forget(appId: string): void
}

function createRememberedDecisions(clock: Clock): RememberedDecisions {
  const ends = new Map<string, Map<string, number>>()
  return {
    remember(appId, thing) {
      const things = ends.get(appId) ?? new Map<string, number>()
      ends.set(appId, things)
      things.set(thing, clock.monotonicMs() + TEN_MINUTES_MS)
    },
    covers(appId, thing) {
      const end = ends.get(appId)?.get(thing)
      if (end === undefined) return false
      if (clock.monotonicMs() < end) return true
      ends.get(appId)?.delete(thing)
      return false
    },
    of(appId) {
      const now = clock.monotonicMs()
      return [...(ends.get(appId) ?? [])]
        .map(([thing, end]) => ({ thing, leftMs: end - now }))
        .filter(({ leftMs }) => leftMs > 0)
    },
    forget: (appId) => void ends.delete(appId),
  }
}
