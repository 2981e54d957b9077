import { z } from 'zod'
import { applySteps, type AppliedStep, loadFile, planFor, type ApplyStep } from '../apply/apply.ts'
import { readDefinitions } from '../apply/definitions.ts'
import { readArguments } from '../arguments.ts'
import { registeredProviders } from '../registered-providers.ts'
import type { RunCommand } from '../context.ts'
import { say } from '../output.ts'

const applyArguments = z.strictObject({
  file: z.string().min(1),
  dryRun: z.boolean().default(false),
})

export const apply: RunCommand = async (context, given) => {
  const { file, dryRun } = readArguments(applyArguments, given)
  const { stdout } = context.terminal
  const definitions = readDefinitions(loadFile(file), context.terminal.environment)
  const api = await context.api()
  const steps = planFor(definitions, await registeredProviders(api))
  if (dryRun) {
    const would = steps.map(intention)
    say(
      stdout,
      ...(context.json
        ? [JSON.stringify(would)]
        : would.map(({ slug, would: what, fields }) => line(slug, `would be ${what}`, fields))),
    )
    return 0
  }
  const done = await applySteps(api, steps)
  say(stdout, ...(context.json ? [JSON.stringify(done)] : done.flatMap(linesOf)))
  return 0
}

function intention(step: ApplyStep): { slug: string; would: string; fields: string[] } {
  if (step.kind !== 'change') {
    return { slug: step.slug, would: step.kind === 'create' ? 'created' : 'left as it is', fields: [] }
  }
  const fields = [...step.changed, ...(step.sendsSecret ? ['clientSecret'] : [])]
  return { slug: step.slug, would: 'changed', fields }
}

function linesOf({ slug, what, fields, redirectUri, connectUrl }: AppliedStep): string[] {
  return [
    line(slug, what, fields),
    ...(redirectUri === null ? [] : [`  register this redirect address there: ${redirectUri}`]),
    ...(connectUrl === null ? [] : [`  its accounts should sign in again: ${connectUrl}`]),
  ]
}

/** A secret is write-only, so whether it differs from the stored one is unknown. */
function line(slug: string, what: string, fields: readonly string[]): string {
  const named = fields.map((field) => (field === 'clientSecret' ? 'clientSecret (sent)' : field))
  return `${slug}: ${what}${named.length === 0 ? '' : ` (${named.join(', ')})`}`
}
