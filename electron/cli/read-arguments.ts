import { z } from 'zod'
import { KeywayError } from '../../shared/contract/errors.ts'
import { accountSelector } from '../../shared/contract/slug.ts'
import { integrationId } from '../../shared/contract/http/common.ts'

export const providerArgument = integrationId
export const accountOption = accountSelector.optional()

/** Scopes as people write them: with commas or with spaces between. */
export const scopesOption = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((scope) => scope !== ''))
  .pipe(z.array(z.string().max(300)).max(200))
  .optional()

/** What was typed, parsed. @throws KeywayError `invalid_request` naming the argument and what is allowed there */
export function readArguments<Schema extends z.ZodObject>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map(({ path, message }) => ({ field: kebab(path.join('.')), message }))
  throw refused(`${details[0]?.field}: ${details[0]?.message}`, { field: details[0]?.field, details })
}

export function refused(message: string, details: Readonly<Record<string, unknown>> = {}): KeywayError {
  return new KeywayError('invalid_request', {
    message,
    nextStep: 'keyway --help, and --help after any command, list what can be said.',
    details,
  })
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
