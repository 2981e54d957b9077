import { z } from 'zod'
import { decision } from '../../../shared/contract/approval.ts'
import { approvalDecided } from '../../../shared/contract/http-api.ts'
import type { RunCommand } from '../context.ts'
import { readArguments } from '../read-arguments.ts'
import { say } from '../terminal.ts'

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

export const answer: RunCommand = async (context, given) => {
  const { id, decision: chosen } = readArguments(answerArguments, given)
  const api = await context.api()
  const decided = await api.call(approvalDecided, `/api/approvals/${id}`, { json: { decision: chosen } })
  say(context.terminal.stdout, context.json ? JSON.stringify(decided) : SAID[decided.decision])
  return 0
}
