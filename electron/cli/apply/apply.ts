// Applies a plan completely or not at all: when a step is refused, the previous ones are rolled back.
import { readFileSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { extname, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { integrationResponseSchema, integrationChanged } from '../../../shared/contract/http-api.ts'
import { type ProviderInput, SECRET_PLACEHOLDER } from '../../../shared/contract/provider.ts'
import { readJson } from '../../../shared/domain/json-path.ts'
import type { ServiceApi } from '../api.ts'
import { invalidArguments } from '../arguments.ts'
import { withNote } from '../output.ts'
import type { Registered } from '../registered-providers.ts'
import type { Definition } from './definitions.ts'

export type AppliedStep = {
  slug: string
  what: 'created' | 'changed' | 'unchanged'
  fields: string[]
  redirectUri: string | null
  /** Connections that must sign in again, because the change affects what their authorizations depend on. */
  connectUrl: string | null
}

/** @throws the error of the refused step, with the provider's name and whether everything was rolled back */
export async function applySteps(api: ServiceApi, steps: readonly ApplyStep[]): Promise<AppliedStep[]> {
  const done: Array<{ step: ApplyStep; result: AppliedStep }> = []
  // New providers first: servers refuse them most often, and they can be rolled back completely.
  const order = [...steps].sort((one, other) => rank(one) - rank(other))
  for (const step of order) {
    try {
      done.push({ step, result: await applyStep(api, step) })
    } catch (error) {
      const left = await rollBack(api, done.map((each) => each.step).reverse())
      const rest = left.length === 0 ? 'Nothing was changed.' : `Could not be taken back: ${left.join(', ')}.`
      throw withNote(error, { about: step.slug, note: rest })
    }
  }
  return steps.flatMap((step) => done.filter((each) => each.step === step).map(({ result }) => result))
}

const rank = ({ kind }: ApplyStep): number => ['create', 'change', 'keep'].indexOf(kind)

async function applyStep(api: ServiceApi, step: ApplyStep): Promise<AppliedStep> {
  const { slug } = step
  const nothing = { slug, fields: [], redirectUri: null, connectUrl: null }
  if (step.kind === 'keep') return { ...nothing, what: 'unchanged' }
  if (step.kind === 'create') {
    const made = await api.call(integrationResponseSchema, '/api/integrations', { json: step.body })
    return { ...nothing, what: 'created', redirectUri: made.redirectUri }
  }
  const call = { method: 'PATCH', json: step.body }
  // Fields of the spec that the file no longer names are removed.
  const changed = await api.call(integrationChanged, `/api/integrations/${slug}?spec=replace`, call)
  // A secret that is sent always counts as changed at the server; alone it is no reason to sign in again.
  const again = step.changed.length > 0 && changed.reauthorise && changed.connectionCount > 0
  return {
    ...nothing,
    what: 'changed',
    fields: [...step.changed, ...(step.sendsSecret ? ['clientSecret'] : [])],
    connectUrl: again ? (changed.connectUrl ?? null) : null,
  }
}

/** The current URL: a URL may be changed only by a caller that knows the secrets sent to it. */
const secretOf = ({ clientSecret }: Readonly<Record<string, unknown>>): object =>
  clientSecret === undefined ? {} : { clientSecret }

/** What could not be rolled back. */
async function rollBack(api: ServiceApi, steps: readonly ApplyStep[]): Promise<string[]> {
  const left: string[] = []
  for (const step of steps) {
    if (step.kind === 'keep') continue
    const path = `/api/integrations/${step.slug}`
    try {
      if (step.kind === 'create') await api.call(z.unknown(), path, { method: 'DELETE' })
      else if (step.changed.length > 0)
        await api.call(z.unknown(), `${path}?spec=replace`, {
          method: 'PATCH',
          json: { ...step.before, ...secretOf(step.body) },
        })
      if (step.kind === 'change' && step.sendsSecret) left.push(`${step.slug}.clientSecret`)
    } catch {
      left.push(step.slug)
    }
  }
  return left
}

// The steps for applying a file, decided before anything is sent.

export type ApplyStep =
  | { kind: 'create'; slug: string; body: Readonly<Record<string, unknown>> }
  | {
      kind: 'change'
      slug: string
      body: Readonly<Record<string, unknown>>
      /** The current values; the secret is not among them, because it cannot be read. */
      before: Readonly<Record<string, unknown>>
      changed: string[]
      /** True when a secret is sent; whether it differs from the stored one is unknown. */
      sendsSecret: boolean
    }
  | { kind: 'keep'; slug: string }

/** @throws KeywayError `invalid_request` when a provider is based on another preset than the file says */
export function planFor(definitions: readonly Definition[], registered: readonly Registered[]): ApplyStep[] {
  return definitions.map((definition) => {
    const present = registered.find(({ slug }) => slug === definition.slug)
    return present === undefined ? creation(definition) : change(definition, present)
  })
}

function creation({ slug, input, fields }: Definition): ApplyStep {
  return { kind: 'create', slug, body: { slug, ...pick(input, fields) } }
}

function change({ slug, input, fields }: Definition, present: Registered): ApplyStep {
  if (fields.includes('preset') && input.preset !== (present['preset'] ?? null)) {
    throw invalidArguments(
      `${slug}.preset: It is registered with another preset, which cannot be changed. Nothing was changed.`,
      {
        field: `${slug}.preset`,
      },
    )
  }
  const comparable = fields.filter((field) => field !== 'preset' && field !== 'clientSecret')
  const changed = comparable.filter((field) => !isDeepStrictEqual(input[field], valueIn(present, field)))
  const { clientSecret } = input
  const sendsSecret = clientSecret !== undefined && clientSecret !== SECRET_PLACEHOLDER
  if (changed.length === 0 && !sendsSecret) return { kind: 'keep', slug }
  return {
    kind: 'change',
    slug,
    body: { ...pick(input, changed), ...(sendsSecret ? { clientSecret } : {}) },
    before: Object.fromEntries(changed.map((field) => [field, valueIn(present, field)])),
    changed,
    sendsSecret,
  }
}

/** The response holds a provider's full spec and, separately, the fields that were set. */
const valueIn = (present: Registered, field: keyof ProviderInput): unknown =>
  present[field === 'spec' ? 'overrides' : field]

const pick = (input: ProviderInput, fields: ReadonlyArray<keyof ProviderInput>): Record<string, unknown> =>
  Object.fromEntries(fields.map((field) => [field, input[field]]))

// Reads a file of definitions. A .ts or .js file is executed, as the person requested. The modules `keyway`
// and lecca's toolkit are replaced by functions that return their argument, so that it can be validated as a
// whole.

const STANDS_FOR: ReadonlySet<string> = new Set(['keyway', 'keyway/client', '@lecca-io/toolkit'])
const STAND_IN_URL = 'keyway-definitions:client'
const STAND_IN =
  'export const defineProvider = (definition) => definition\nexport const createOAuth2Connection = (definition) => definition\n'

/** The exports of the file, not validated. @throws KeywayError `invalid_request` */
export function loadFile(path: string): Record<string, unknown> {
  const text = readText(path)
  if (extname(path) === '.json') return { default: parseJson(path, text) }
  if (!/^\.[cm]?[jt]s$/.test(extname(path)))
    throw invalidArguments(`${path}: A .ts, .js or .json file is needed.`)
  const file = resolve(path)
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (STANDS_FOR.has(specifier)) return { url: STAND_IN_URL, format: 'module', shortCircuit: true }
      return next(specifier, context)
    },
    load(url, context, next) {
      if (url === STAND_IN_URL) return { format: 'module', source: STAND_IN, shortCircuit: true }
      return next(url, context)
    },
  })
  try {
    const load = createRequire(import.meta.url)
    const exported: unknown = load(file)
    return typeof exported === 'object' && exported !== null ? { ...exported } : {}
  } catch (error) {
    // Only the first line: the following ones quote the file.
    const [reason = ''] = (error instanceof Error ? `${error.name}: ${error.message}` : 'it throws').split(
      '\n',
    )
    throw invalidArguments(`${path} cannot be run: ${reason}`)
  } finally {
    hooks.deregister()
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw invalidArguments(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function parseJson(path: string, text: string): unknown {
  const read = readJson(text)
  if (read.ok) return read.value
  throw invalidArguments(`${path} is not JSON at line ${read.line}, column ${read.column}.`)
}
