import { z } from 'zod'
import { decision } from '../../../shared/contract/approval.ts'
import {
  type ApprovalAnswer,
  approvalDecided,
  approvalListResponseSchema,
} from '../../../shared/contract/http-api.ts'
import type { ServiceApi } from '../api.ts'
import { readArguments } from '../arguments.ts'
import type { Context, RunCommand } from '../context.ts'
import { openEventFeed } from '../events.ts'
import { say } from '../output.ts'

const approvalsArguments = z.strictObject({ watch: z.boolean().default(false) })

export const approvals: RunCommand = async (context, given) => {
  const { watch } = readArguments(approvalsArguments, given)
  const api = await context.api()
  if (watch) return follow(context, api)
  const waiting = await list(api)
  const { stdout, stderr } = context.terminal
  if (context.json) say(stdout, JSON.stringify(waiting))
  else if (waiting.length === 0) say(stderr, 'No app waits for an answer.')
  else say(stdout, ...waiting.flatMap(linesOf))
  return 0
}

/** Prints each approval once, as it arrives, until the server ends or the person interrupts. */
async function follow(context: Context, api: ServiceApi): Promise<number> {
  // Opened before the first listing, so that no event is missed in between.
  const events = await openEventFeed(api)
  const shown = new Set<string>()
  try {
    for (;;) {
      const fresh = (await list(api)).filter(({ id }) => !shown.has(id))
      for (const approval of fresh) {
        shown.add(approval.id)
        say(context.terminal.stdout, ...(context.json ? [JSON.stringify(approval)] : linesOf(approval)))
      }
      let event = await events.next()
      while (event !== null && event.name !== 'approval.changed') event = await events.next()
      if (event === null) return 0
    }
  } finally {
    events.close()
  }
}

const list = async (api: ServiceApi): Promise<ApprovalAnswer[]> =>
  (await api.call(approvalListResponseSchema, '/api/approvals')).approvals

function linesOf(approval: ApprovalAnswer): string[] {
  const { id, appName, waiting, answerable, expiresAt } = approval
  const seconds = Math.max(0, Math.round((Date.parse(expiresAt) - Date.now()) / 1000))
  const calls = waiting > 1 ? `, ${waiting} identical calls wait` : ''
  return [
    `${id}  “${appName}” ${describeApproval(approval)} (${seconds} s left${calls})`,
    answerable
      ? `  keyway answer ${id} once | ten-minutes | always | deny`
      : '  To be answered in Keyway’s window.',
  ]
}

function describeApproval(approval: ApprovalAnswer): string {
  if (approval.kind === 'pair') return `wants to be paired; it shows ${approval.code}`
  const { what, account, providerName, method, url, bodyBytes } = approval
  const whose = `as ${account} at ${providerName}`
  if (what === 'token') return `wants the token ${whose}`
  const size = bodyBytes === null ? 'of unknown size' : `of ${bodyBytes} bytes`
  const body = bodyBytes === 0 ? ', no body' : `, body ${size}`
  return `wants to send ${method} ${url} ${whose}${body}`
}

const answerArguments = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'The id that "keyway approvals" shows.'),
  decision: z
    .string()
    .transform((text) => text.replaceAll('-', '_'))
    .pipe(z.enum(decision.options, 'One of once, ten-minutes, always, deny.')),
})

const SAID = {
  once: 'Allowed, this once.',
  ten_minutes: 'Allowed for ten minutes.',
  always: 'Allowed from now on; the grant stands in the window under Apps.',
  deny: 'Denied.',
} as const

export const answerApproval: RunCommand = async (context, given) => {
  const { id, decision: chosen } = readArguments(answerArguments, given)
  const api = await context.api()
  const decided = await api.call(approvalDecided, `/api/approvals/${id}`, { json: { decision: chosen } })
  say(context.terminal.stdout, context.json ? JSON.stringify(decided) : SAID[decided.decision])
  return 0
}
