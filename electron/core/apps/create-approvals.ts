// What the person's answers mean: a use allowed once, for ten minutes, or from now on (as a grant that stands in the window), and a
// program paired or sent away.
import type { AppInput, AppPatch, AppRecord, Grant, PairInput } from '../../../shared/contract/app.ts'
import { grant } from '../../../shared/contract/app.ts'
import type { Decision } from '../../../shared/contract/approval.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { may, type AppUse } from '../../../shared/domain/app-policy.ts'
import type { Activity, Approvals } from '../keyway.ts'
import type { Clock } from '../ports.ts'
import { createQuestionBoard, type Verdict } from './approvals.ts'
import type { AppRegistry } from './create-apps.ts'
import { createRememberedDecisions } from './remembered-decisions.ts'

export type ApprovalsDeps = {
  apps: AppRegistry
  clock: Clock
  activity: Pick<Activity, 'append'>
  /** For words and targets. */
  provider: (idOrSlug: string) => { id: string; name: string } | null
  onChanged: () => void
}

type UseQuestion = Parameters<Approvals['askUse']>[0]

export type ApprovalDesk = Approvals & { forget(appId: string): void; close(): void }

export function createApprovals(deps: ApprovalsDeps): ApprovalDesk {
  const { apps, clock } = deps
  const board = createQuestionBoard(deps)
  const remembered = createRememberedDecisions(clock)

  const outcomeOf = (question: UseQuestion, verdict: Verdict): 'allowed' | 'denied' | 'timed_out' => {
    if (verdict.decision === 'timed_out') return 'timed_out'
    if (verdict.decision === 'deny') return 'denied'
    remember(question, verdict.decision)
    return 'allowed'
  }
  const remember = (question: UseQuestion, decision: Decision): void => {
    const { app, connection } = question
    if (decision === 'ten_minutes') remembered.remember(app.id, thingOf(question))
    if (decision !== 'always') return
    const newest = apps.record(app.id)
    const lasting = newest === null ? null : lastingGrant(newest, question, connection, clock.now())
    if (newest !== null && lasting !== null)
      apps.update(app.id, { grants: [lasting, ...newest.grants].slice(0, 100) })
  }
  const note = (
    appName: string,
    outcome: 'ok' | 'refused',
    what: string,
    connection?: ConnectionRecord,
  ): void =>
    deps.activity.append({
      kind: 'approval',
      outcome,
      appName,
      note: what,
      ...(connection === undefined ? {} : { connectionId: connection.id, account: connection.account }),
    })

  return {
    list: board.list,
    async askUse(question) {
      const { app, connection, signal } = question
      if (remembered.covers(app.id, thingOf(question))) return 'allowed'
      const asked = board.ask(
        {
          kind: 'use',
          appId: app.id,
          appName: app.name,
          connectionId: connection.id,
          account: connection.account,
          providerName: deps.provider(connection.providerId)?.name ?? connection.providerId,
          what: question.what,
          method: question.method,
          url: question.url,
          bodyBytes: question.bodyBytes,
        },
        JSON.stringify(['use', app.id, connection.id, question.what, question.method, question.url]),
        signal,
      )
      const outcome = outcomeOf(question, await asked)
      note(app.name, outcome === 'allowed' ? 'ok' : 'refused', `${question.what}: ${outcome}`, connection)
      return outcome
    },
    async askPair(wants, code, signal) {
      const asked = board.ask(
        { kind: 'pair', appId: null, appName: wants.name, code, wants },
        JSON.stringify(['pair', code, wants.name]),
        signal,
      )
      const verdict = await asked
      note(
        wants.name,
        verdict.decision === 'deny' || verdict.decision === 'timed_out' ? 'refused' : 'ok',
        'pairing',
      )
      if (verdict.decision === 'timed_out') return 'timed_out'
      if (verdict.decision === 'deny') return 'denied'
      return apps.create(
        pairedApp(deps, wants, verdict.patch, freeName(apps, verdict.patch?.name ?? wants.name)),
      )
    },
    decide(id, decision, patch) {
      const approval = board.answer(id, { decision, patch })
      if (approval.kind !== 'use' || decision === 'deny' || decision === 'once') return
      // What else waits about the same thing has its answer with this one.
      for (const other of board.list()) {
        const isCovered = other.kind === 'use' && other.appId === approval.appId && sameThing(approval, other)
        if (isCovered) board.answer(other.id, { decision: 'once', patch: undefined })
      }
    },
    forget(appId) {
      remembered.forget(appId)
      board.refuseAllOf(appId)
    },
    close: board.close,
  }
}

/** How far a remembered yes reaches: the token, or one method at one host. Not each single path, or an agent that pages asks for ever. */
function thingOf(
  question: Pick<UseQuestion, 'what' | 'method' | 'url'> & { connection: { id: string } },
): string {
  return JSON.stringify([question.connection.id, question.what, question.method, hostOf(question.url)])
}

type AskedUse = { connectionId: string; what: 'token' | 'proxy'; method: string | null; url: string | null }

function sameThing(one: AskedUse, other: AskedUse): boolean {
  const thing = ({ connectionId, ...rest }: AskedUse): string =>
    thingOf({ ...rest, connection: { id: connectionId } })
  return thing(one) === thing(other)
}

/** "Always" as a grant that the person sees and can take away: no wider than the question, no longer than the grant that made us ask. */
function lastingGrant(
  app: AppRecord,
  question: UseQuestion,
  connection: ConnectionRecord,
  now: number,
): Grant | null {
  const url = question.url !== null && URL.canParse(question.url) ? new URL(question.url) : null
  const use: AppUse =
    question.what === 'token'
      ? { what: 'token' }
      : { what: 'proxy', method: question.method ?? '', host: url?.host ?? '', path: url?.pathname ?? '/' }
  const verdict = may(app, use, connection, now)
  if (verdict.kind !== 'ask') return null
  const lasting = {
    ...verdict.grant,
    target: { kind: 'connection', connectionId: connection.id },
    token: question.what === 'token',
    proxy: question.what === 'proxy',
    ...(question.what === 'proxy'
      ? { methods: [question.method], hosts: url === null ? [] : [url.host] }
      : {}),
    approval: 'allow',
  }
  const parsed = grant.safeParse(lasting)
  return parsed.success ? parsed.data : null
}

function pairedApp(
  deps: Pick<ApprovalsDeps, 'provider'>,
  wants: PairInput,
  patch: AppPatch | undefined,
  name: string,
): AppInput {
  const grants = wants.grants.flatMap(({ provider, ...rest }) => {
    const known = deps.provider(provider)
    if (known === null) return []
    return [grant.parse({ target: { kind: 'provider', providerId: known.id }, ...rest })]
  })
  return {
    name,
    // What the person narrowed in the window counts; managing providers is only given when they said so.
    grants: patch?.grants ?? grants,
    manage: patch?.manage ?? wants.manage,
    origins: patch?.origins ?? [],
    authProviders: patch?.authProviders ?? wants.authProviders,
  }
}

function freeName(apps: AppRegistry, wanted: string): string {
  const taken = new Set(apps.list().map(({ name }) => name.toLowerCase()))
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted.slice(0, 90)} (${n})`
    if (!taken.has(name.toLowerCase())) return name
  }
}

const hostOf = (url: string | null): string | null =>
  url !== null && URL.canParse(url) ? new URL(url).host : null
