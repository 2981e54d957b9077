// What the person's answers mean: a use allowed once, for ten minutes, or from now on (as a grant that stands in the window), and a
// program paired or sent away.
import type { PairInput, RememberedUse } from '../../../shared/contract/app.ts'
import type { Decision } from '../../../shared/contract/approval.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { Activity, Approvals } from '../keyway.ts'
import type { Clock } from '../ports.ts'
import { isAbout, lastingGrant, sameCallKey, thingFrom, thingOf, type AskedUse } from './asked-use.ts'
import type { AppRegistry } from './create-apps.ts'
import { pairedApp } from './paired-app.ts'
import { createQuestionBoard, type QuestionBoard, type Verdict } from './question-board.ts'
import { createRememberedDecisions, TEN_MINUTES_MS } from './remembered-decisions.ts'

const MOST_GRANTS = 100

export type ApprovalsDeps = {
  apps: AppRegistry
  clock: Clock
  activity: Pick<Activity, 'append'>
  /** For words and targets. */
  provider: (idOrSlug: string) => { id: string; name: string } | null
  onChanged: () => void
  /** A yes for ten minutes began or ended. */
  onRemembered: () => void
}

export type ApprovalDesk = Approvals & {
  remembered(appId: string): RememberedUse[]
  forget(appId: string): void
  close(): void
}

export function createApprovals(deps: ApprovalsDeps): ApprovalDesk {
  const board = createQuestionBoard(deps)
  const remembered = createRememberedDecisions(deps.clock)

  return {
    list: board.list,
    async askUse({ app, connection, signal, ...asked }) {
      const use: AskedUse = { ...asked, connectionId: connection.id }
      if (remembered.covers(app.id, thingOf(use))) return 'allowed'
      const { account, providerId } = connection
      const providerName = deps.provider(providerId)?.name ?? providerId
      const question = { appId: app.id, appName: app.name, account, providerName, ...asked }
      const verdict = await board.ask(
        { kind: 'use', connectionId: connection.id, ...question },
        sameCallKey(app.id, use),
        signal,
      )
      const { decision } = verdict
      note(
        deps,
        { id: app.id, name: app.name },
        `${answered(verdict)}, ${asked.what === 'token' ? 'to hand the token out' : 'to send a request'}`,
        decision,
        connection,
      )
      if (decision === 'timed_out') return 'timed_out'
      if (decision === 'deny') return 'denied'
      if (decision === 'ten_minutes') {
        remembered.remember(app.id, thingOf(use))
        deps.onRemembered()
        deps.clock.after(TEN_MINUTES_MS, deps.onRemembered)
      }
      if (decision === 'always') grantAlways(deps, app.id, use, connection)
      return 'allowed'
    },
    askPair: (wants, code, signal) => askPair(deps, board, { wants, code, signal }),
    decide(id, decision, patch, by) {
      const approval = board.answer(id, { decision, patch, by })
      if (approval.kind !== 'use' || decision === 'deny' || decision === 'once') return
      // What else waits about the same thing has its answer with this one.
      for (const other of board.list()) {
        if (isAbout(other, approval.appId, thingOf(approval))) {
          board.answer(other.id, { decision: 'once', patch: undefined, by })
        }
      }
    },
    remembered: (appId) =>
      remembered.of(appId).map(({ thing, leftMs }) => thingFrom(thing, deps.clock.now() + leftMs)),
    forget(appId) {
      remembered.forget(appId)
      board.refuseAllOf(appId)
    },
    close: board.close,
  }
}

function grantAlways(
  { apps, clock }: ApprovalsDeps,
  appId: string,
  use: AskedUse,
  connection: ConnectionRecord,
): void {
  const app = apps.record(appId)
  const lasting = app === null ? null : lastingGrant(app, use, connection, clock.now())
  if (app !== null && lasting !== null) {
    apps.update(appId, { grants: [lasting, ...app.grants].slice(0, MOST_GRANTS) })
  }
}

async function askPair(
  deps: ApprovalsDeps,
  board: QuestionBoard,
  { wants, code, signal }: { wants: PairInput; code: string; signal: AbortSignal | undefined },
): ReturnType<Approvals['askPair']> {
  const verdict = await board.ask(
    { kind: 'pair', appId: null, appName: wants.name, code, wants },
    JSON.stringify(['pair', code, wants.name]),
    signal,
  )
  note(deps, { id: null, name: wants.name }, `${answered(verdict)}, to pair it`, verdict.decision, null)
  if (verdict.decision === 'timed_out') return 'timed_out'
  if (verdict.decision === 'deny') return 'denied'
  const takenNames = deps.apps.list().map(({ name }) => name)
  return deps.apps.create(pairedApp(wants, verdict.patch, { ...deps, takenNames }))
}

const SAID: Readonly<Record<Decision | 'timed_out', string>> = {
  once: 'Allowed once',
  ten_minutes: 'Allowed for ten minutes',
  always: 'Allowed always',
  deny: 'Denied',
  timed_out: 'Not answered',
}

/** In words that the redactor does not take for a secret with its name before it. */
function answered(verdict: Verdict): string {
  const by = 'by' in verdict ? verdict.by : undefined
  const said = SAID[verdict.decision]
  return by === undefined ? said : `${said} by the app “${by}”`
}

function note(
  { activity }: ApprovalsDeps,
  app: { id: string | null; name: string },
  what: string,
  decision: Decision | 'timed_out',
  connection: ConnectionRecord | null,
): void {
  activity.append({
    kind: 'approval',
    outcome: decision === 'deny' || decision === 'timed_out' ? 'refused' : 'ok',
    appName: app.name,
    note: what,
    ...(app.id === null ? {} : { appId: app.id }),
    ...(connection === null ? {} : { connectionId: connection.id, account: connection.account }),
  })
}
