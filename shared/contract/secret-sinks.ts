// Where a provider's description may name a secret: in bodies and headers that Keyway sends to the provider,
// and nowhere else. Each such field is marked in the schema. Every other field, including one that is added
// later, refuses the placeholders of secrets.
import type { z } from 'zod'
import { bareSchema, memberSchema, type SchemaPath } from './schema-walk.ts'

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_.[\]-]*)\}/g

/** The placeholder names in a text, each once. */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''))]
}

const sinks = new WeakSet<z.ZodType>()

/** Marks a schema whose fields may contain placeholders of secrets. */
export function secretSink<S extends z.ZodType>(schema: S): S {
  sinks.add(schema)
  return schema
}

const SECRETS: ReadonlySet<string> = new Set(['client_secret', 'access_token', 'refresh_token', 'id_token'])
/**
 * Names under which a response, a callback or an identity holds a secret. Such values are never stored, so
 * they could not be filled in.
 */
const OF_REPLY = /^(?:token|identity)\..*(?:token|secret|password|credential|assertion)/i
const OF_CALLBACK = /^(?:callback|resource)\..*(?:(?:access|refresh|id)_?token|secret|password|assertion)/i

/** Whether a placeholder of this name stands for a secret. */
export function isSecretPlaceholder(name: string): boolean {
  return SECRETS.has(name) || OF_REPLY.test(name) || OF_CALLBACK.test(name) || name === 'callback.code'
}

export type MisplacedSecret = { path: SchemaPath; placeholder: string }

/** All placeholders of secrets in fields that are not marked for secrets. */
export function misplacedSecrets(schema: z.ZodType | null, value: unknown): MisplacedSecret[] {
  return [...search(schema, value, [])]
}

function* search(schema: z.ZodType | null, value: unknown, path: SchemaPath): Generator<MisplacedSecret> {
  if (typeof value === 'string') {
    const allowed = schema !== null && isSink(schema)
    for (const placeholder of placeholdersIn(value).filter(isSecretPlaceholder)) {
      if (!allowed || !SECRETS.has(placeholder)) yield { path, placeholder }
    }
    return
  }
  if (value === null || typeof value !== 'object') return
  const inherited = schema !== null && isSink(schema) ? schema : null
  for (const [key, inner] of Object.entries(value)) {
    const member = inherited ?? (schema === null ? null : memberSchema(schema, key))
    yield* search(member, inner, [...path, Array.isArray(value) ? Number(key) : key])
  }
}

function isSink(schema: z.ZodType): boolean {
  const { bare, wrappers } = bareSchema(schema)
  return sinks.has(bare) || wrappers.some((wrapper) => sinks.has(wrapper))
}

export function misplacedMessage(placeholder: string): string {
  return (
    `{${placeholder}} is a secret and may not stand here: only in a body or header of a request to the provider ` +
    '(token and refresh parameters and headers, revocation, the account request, the token header).'
  )
}
