// What an app may change of a provider that holds a secret or accounts. The fields named here are harmless.
// Any other, new fields included, may send the client secret or tokens elsewhere, so only an app that may
// have them already can change it.
import type { AppRecord } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import {
  type ProviderChange,
  providerInput,
  type ProviderView,
  SECRET_PLACEHOLDER,
} from '../../../shared/contract/provider.ts'
import { may } from '../../../shared/domain/app-policy.ts'
import type { Keyway } from '../../core/keyway.ts'
import { mayFinish } from './authorize.ts'

/** Texts for the person, and what is asked for at the next consent. */
const HARMLESS: readonly RegExp[] = [
  /^name$/,
  /^scopes$/,
  /^secondaryScopes$/,
  /^spec\.scopes\.meanings(?:\.|$)/,
  /^spec\.(?:redirect|refresh)\.note$/,
]

/** @throws KeywayError invalid_request (clientSecret) | forbidden */
export function needRightToChange(
  keyway: Keyway,
  app: AppRecord,
  { before, after, change }: { before: ProviderView; after: ProviderView; change: ProviderChange },
): void {
  const field = guardedFields(before, after)[0]
  if (field === undefined) return
  const { clientSecret } = change
  if (before.hasClientSecret && (clientSecret === undefined || clientSecret === SECRET_PLACEHOLDER)) {
    throw new KeywayError('invalid_request', {
      message: `clientSecret: A change of ${field} may decide where the client secret is sent, so the secret has to come along.`,
      nextStep: 'Send the client secret in the same request, or make the change in the window.',
      details: { field: 'clientSecret', changed: field },
    })
  }
  if (before.clientKeys.length > 0) {
    throw new KeywayError('forbidden', {
      message: `A change of ${field} may decide where this client proves itself with its key.`,
      nextStep: 'Make the change in the window.',
      details: { changed: field },
    })
  }
  const now = keyway.clock.now()
  const isOwn = keyway.connections
    .list()
    .filter(({ providerId }) => providerId === before.id)
    .every((connection) => may(app, { what: 'token' }, connection, now).kind === 'allow')
  const startsOwn = keyway.flows
    .list()
    .filter(({ providerId, kind }) => providerId === before.id && RUNNING.has(kind))
    .every((flow) => mayFinish(keyway, app, flow))
  if (isOwn && startsOwn) return
  throw new KeywayError('forbidden', {
    message: `A change of ${field} may decide where tokens of connected accounts are sent, and this app may not be handed those tokens.`,
    nextStep: 'Make the change in the window, or give the app the tokens of these accounts under Apps.',
    details: { changed: field },
  })
}

const RUNNING: ReadonlySet<string> = new Set(['waiting_for_browser', 'showing_code', 'exchanging'])

/**
 * The changed fields that are not harmless, in the spec as it acts and as it is written (which outlives a
 * correction of the preset).
 */
export function guardedFields(before: ProviderView, after: ProviderView): string[] {
  const changed = [
    ...changedFields(comparable(before, before.spec), comparable(after, after.spec)),
    ...changedFields(comparable(before, before.overrides), comparable(after, after.overrides)),
  ]
  return [...new Set(changed)].filter((field) => !HARMLESS.some((harmless) => harmless.test(field)))
}

/** All that a registration holds, the secret aside. */
function comparable(view: ProviderView, spec: unknown): Record<string, unknown> {
  const { slug: _slug, preset: _preset, clientSecret: _secret, ...fields } = providerInput.shape
  const shown: Readonly<Record<string, unknown>> = { ...view, spec }
  return Object.fromEntries(Object.keys(fields).map((name) => [name, shown[name]]))
}

/** The fields in which two values differ, as paths with dots; a list counts as one field. */
export function changedFields(before: unknown, after: unknown, path = ''): string[] {
  if (before === after) return []
  const [was, is] = [isObject(before) ? before : {}, isObject(after) ? after : {}]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  // A part that came or went counts by its fields, so that each of them is looked at.
  const isPart = [before, after].every((value) => isObject(value) || value === undefined)
  if (!isPart || names.length === 0) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [path]
  }
  return names.flatMap((name) =>
    changedFields(own(was, name), own(is, name), path === '' ? name : `${path}.${name}`),
  )
}

const own = (value: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
