// Converts the exports of a file to providers that can be sent: fills placeholders, validates every field,
// names every flaw.
import { z } from 'zod'
import { createOAuth2Connection } from '../../../shared/client/define-provider.ts'
import { providerInput, type ProviderInput } from '../../../shared/contract/provider.ts'
import { invalidArguments } from '../arguments.ts'

/** `fields`: the fields that the file names, except the slug; all others stay as they are. */
export type Definition = { slug: string; input: ProviderInput; fields: ReadonlyArray<keyof ProviderInput> }

type Environment = Readonly<Record<string, string | undefined>>

const text = z.string().min(1)
const getter = z.custom<() => unknown>((value) => typeof value === 'function', 'A function is needed.')

/**
 * Strict schema of lecca's createOAuth2Connection: a misspelled option must not be ignored. In JSON, id and
 * secret are strings.
 */
const oauth2Connection = z.strictObject({
  id: text,
  name: text,
  description: z.string().optional(),
  authorizeUrl: text,
  tokenUrl: text,
  getClientId: getter.optional(),
  getClientSecret: getter.optional(),
  clientId: z.string().optional(),
  clientSecret: z.string().optional(),
  scopes: z.array(z.string()),
  scopeDelimiter: z.enum([' ', ',', '+']).optional(),
  extraAuthParams: z.record(z.string(), z.string()).optional(),
  extraAuthHeaders: z.record(z.string(), z.string()).optional(),
  pkce: z.boolean().optional(),
})

/** @throws KeywayError `invalid_request` that lists every flaw but contains no value of the file */
export function readDefinitions(
  exported: Readonly<Record<string, unknown>>,
  environment: Environment,
): Definition[] {
  const candidates = candidatesIn(exported)
  if (candidates.length === 0) {
    throw invalidArguments('The file defines no provider.', {
      hint: 'Export defineProvider({ slug, name, … }), or an array of such.',
    })
  }
  const read = candidates.map(({ where, value }) => readOne(where, value, environment))
  const flaws = read.flatMap((each) => ('flaws' in each ? each.flaws : []))
  const definitions = read.flatMap((each) => ('flaws' in each ? [] : [each]))
  const slugs = definitions.map(({ slug }) => slug)
  const twice = slugs.find((slug, index) => slugs.indexOf(slug) !== index)
  if (twice !== undefined)
    flaws.push({ field: `${twice}.slug`, message: 'It is defined twice in this file.' })
  const [first] = flaws
  if (first === undefined) return definitions
  throw invalidArguments(`${first.field}: ${first.message} Nothing was changed.`, {
    field: first.field,
    details: flaws,
  })
}

type Candidate = { where: string; value: unknown }

function candidatesIn(exported: Readonly<Record<string, unknown>>): Candidate[] {
  // A CommonJS module may export a single provider directly.
  if (['slug', 'authorizeUrl'].some((name) => typeof exported[name] === 'string'))
    return [{ where: 'module.exports', value: exported }]
  const found: Candidate[] = []
  const add = (where: string, value: unknown): void => {
    // The same object under two names is one provider.
    if (!found.some((each) => each.value === value)) found.push({ where, value })
  }
  for (const [name, value] of Object.entries(exported)) {
    if (name === '__esModule' || name === 'module.exports' || typeof value === 'function') continue
    const list = isRecord(value) && Array.isArray(value['providers']) ? value['providers'] : value
    if (!Array.isArray(list)) add(name, list)
    else for (const [index, each] of list.entries()) add(`${name}[${index}]`, each)
  }
  return found
}

type Flawed = { flaws: Flaw[] }

function readOne(where: string, value: unknown, environment: Environment): Definition | Flawed {
  if (!isRecord(value)) return { flaws: [{ field: where, message: 'A provider is an object.' }] }
  if (!('authorizeUrl' in value)) return readProvider(where, value, environment)
  const read = fromOAuth2Connection(where, value)
  return 'flaws' in read ? read : readProvider(where, read.draft, environment)
}

function readProvider(
  where: string,
  draft: Readonly<Record<string, unknown>>,
  environment: Environment,
): Definition | Flawed {
  const label = typeof draft['slug'] === 'string' && draft['slug'] !== '' ? draft['slug'] : where
  const filled = fillPlaceholders(draft, environment)
  if ('flaws' in filled) {
    return { flaws: filled.flaws.map(({ field, message }) => ({ field: `${label}.${field}`, message })) }
  }
  const parsed = providerInput.safeParse(filled.draft)
  if (!parsed.success) return { flaws: flawsOf(label, parsed.error) }
  const named = Object.keys(parsed.data) as Array<keyof ProviderInput>
  const fields = named.filter((key) => key !== 'slug' && draft[key] !== undefined)
  return { slug: parsed.data.slug, input: parsed.data, fields }
}

function fromOAuth2Connection(where: string, value: object): { draft: Record<string, unknown> } | Flawed {
  const parsed = oauth2Connection.safeParse(value)
  if (!parsed.success) return { flaws: flawsOf(where, parsed.error) }
  const { clientId, clientSecret, getClientId, getClientSecret, ...rest } = parsed.data
  const id = textOf(getClientId === undefined ? clientId : getClientId())
  const secret = textOf(getClientSecret === undefined ? clientSecret : getClientSecret())
  const flaws: Flaw[] = []
  if (id === '') flaws.push(notSet(`${where}.getClientId`, 'client id'))
  if (getClientSecret !== undefined && secret === '') {
    flaws.push(notSet(`${where}.getClientSecret`, 'client secret'))
  }
  if (flaws.length > 0) return { flaws }
  const given = Object.fromEntries(Object.entries(rest).filter(([, each]) => each !== undefined))
  const draft = createOAuth2Connection({
    ...(given as Pick<typeof rest, 'id' | 'name' | 'authorizeUrl' | 'tokenUrl' | 'scopes'>),
    getClientId: () => id,
    ...(secret === '' ? {} : { getClientSecret: () => secret }),
  })
  return { draft: { ...draft } }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const notSet = (field: string, what: string): Flaw => ({
  field,
  message: `It gives no ${what}: is its environment variable set?`,
})

function flawsOf(where: string, error: z.ZodError): Flaw[] {
  return error.issues.map((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    return {
      field: [where, ...issue.path, ...keys].map(String).join('.'),
      message: sentence(issue.message, keys[0]),
    }
  })
}

const sentence = (message: string, unknownKey: string | undefined): string =>
  unknownKey === undefined ? `${message.replace(/\.$/, '')}.` : 'There is no such field.'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

// `${NAME}` in a client id or secret is filled from the environment, so that neither has to be in a file.
export type Flaw = { field: string; message: string }

const FIELDS = ['clientId', 'clientSecret'] as const
const PLACEHOLDER = /\$\{([^{}]*)\}/g

/** The draft with its placeholders filled, or the names of those that are not set. */
function fillPlaceholders(
  draft: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): { draft: Record<string, unknown> } | { flaws: Flaw[] } {
  const filled: Record<string, unknown> = { ...draft }
  const flaws: Flaw[] = []
  for (const field of FIELDS) {
    const value = draft[field]
    if (typeof value !== 'string') continue
    filled[field] = value.replaceAll(PLACEHOLDER, (whole: string, name: string) => {
      const found = environment[name]
      if (found !== undefined && found !== '') return found
      flaws.push({ field, message: `${whole} is not set in the environment.` })
      return ''
    })
  }
  return flaws.length > 0 ? { flaws } : { draft: filled }
}
