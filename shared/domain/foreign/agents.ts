// oidc-agent: its list of issuers (JSON since version 5, lines before), its public clients, and the output of
// `oidc-gen --print`.
import { z } from 'zod'
import { parseScopes } from '../../contract/scope-list.ts'
import { textOf } from '../json-path.ts'
import { type ForeignClient, hostOf } from './provider.ts'

const textField = z.preprocess((value) => textOf(value) ?? value, z.string().max(5000))
const flows = z.union([textField, z.array(textField)])
const publicClient = z.object({
  client_id: textField.optional(),
  client_secret: textField.optional(),
  scope: textField.optional(),
  flow: flows.optional(),
})
const issuerEntry = z.object({
  issuer: textField.optional(),
  /** The name that the account has there. */
  issuer_url: textField.optional(),
  name: textField.optional(),
  register: textField.optional(),
  manual_register: textField.optional(),
  contact: textField.optional(),
  configuration_endpoint: textField.optional(),
  device_authorization_endpoint: textField.optional(),
  cert_path: textField.optional(),
  oauth: z.union([z.boolean(), z.number()]).optional(),
  legacy_aud_mode: z.union([z.boolean(), z.number()]).optional(),
  pubclient: publicClient.optional(),
  client_id: textField.optional(),
  client_secret: textField.optional(),
  scope: textField.optional(),
  refresh_token: textField.optional(),
})
type IssuerEntry = z.output<typeof issuerEntry>

/** Null when the JSON is not from oidc-agent. */
export function oidcAgentJson(value: unknown): ForeignClient[] | null {
  const entries = z.array(issuerEntry).safeParse(Array.isArray(value) ? value : [value])
  if (!entries.success) return null
  const named = entries.data.filter((entry) => issuerOf(entry) !== undefined)
  return named.length === 0 ? null : named.map(clientOf)
}

const issuerOf = ({ issuer, issuer_url: url }: IssuerEntry): string | undefined => issuer ?? url

function clientOf(entry: IssuerEntry): ForeignClient {
  const issuer = issuerOf(entry)
  const client = entry.client_id === undefined ? (entry.pubclient ?? {}) : entry
  const flow = [entry.pubclient?.flow ?? []].flat()
  return {
    name: entry.name ?? hostOf(issuer ?? '') ?? 'oidc-agent',
    issuer,
    discoveryUrl: entry.configuration_endpoint,
    deviceUrl: entry.device_authorization_endpoint,
    discoveryKind: entry.oauth === true || entry.oauth === 1 ? 'oauth2' : undefined,
    clientId: client.client_id,
    clientSecret: client.client_secret,
    scopes: parseScopes(client.scope) ?? [],
    flow: flow[0] === 'device' ? 'device_code' : undefined,
    notes: notesOf(entry),
  }
}

function notesOf(entry: IssuerEntry): string[] {
  const register = entry.manual_register ?? entry.register
  return [
    ...(register === undefined ? [] : [`A client is registered at ${register}.`]),
    ...(entry.contact === undefined ? [] : [`Whom to ask about it: ${entry.contact}.`]),
    ...(entry.pubclient?.client_id === undefined
      ? []
      : [
          "The client is oidc-agent's public one; its redirect addresses may not be Keyway's. Register your own if it refuses.",
        ]),
    ...(entry.cert_path === undefined
      ? []
      : [`Its certificate authorities are in ${entry.cert_path}: paste them under "Trust".`]),
    ...(entry.legacy_aud_mode === true || entry.legacy_aud_mode === 1
      ? [
          'It wants audiences in an "audience" parameter (legacy mode); add it under Advanced when you need one.',
        ]
      : []),
    ...(entry.refresh_token === undefined
      ? []
      : [
          'The refresh token was not taken over; paste it when you connect, and remove the account from oidc-agent.',
        ]),
  ]
}

/**
 * `<issuer> [<registration>] [<contact>]`, or `<client id>[:<secret>]@<issuer>[@<scopes>]`, one per line.
 * Null when no line is either.
 */
export function oidcAgentLines(content: string): ForeignClient[] | null {
  const lines = content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const clients = lines.map((line) => publicClientLine(line) ?? issuerLine(line))
  return clients.length === 0 || clients.includes(null) ? null : clients.filter((client) => client !== null)
}

function issuerLine(line: string): ForeignClient | null {
  const [issuer = '', ...rest] = line.split(/\s+/)
  if (!/^https?:\/\//.test(issuer)) return null
  const register = rest.find((word) => /^https?:\/\//.test(word))
  const contact = rest.find((word) => word.includes('@') && word !== register)
  return clientOf({
    issuer,
    ...(register === undefined ? {} : { register }),
    ...(contact === undefined ? {} : { contact }),
  })
}

function publicClientLine(line: string): ForeignClient | null {
  const [, id, secret, issuer, scope] =
    /^([^\s:@]+)(?::([^@\s]*))?@(https?:\/\/[^@\s]+)(?:@(.*))?$/.exec(line) ?? []
  if (id === undefined || issuer === undefined) return null
  return clientOf({
    issuer,
    pubclient: {
      client_id: id,
      ...(secret === undefined || secret === '' ? {} : { client_secret: secret }),
      ...(scope === undefined ? {} : { scope }),
    },
  })
}

// pizauth.conf: `account "name" { field = "text"; … }` with // comments.

type Token = { kind: 'word' | 'text' | 'sign'; value: string; line: number }
type Value = string | string[] | Record<string, string>

/** The file looks like pizauth's but has a syntax error. */
export class PizauthProblem extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** @throws PizauthProblem */
export function pizauthClients(content: string): ForeignClient[] {
  const reader: Reader = { tokens: tokensOf(content), at: 0 }
  const clients: ForeignClient[] = []
  for (;;) {
    const token = next(reader)
    if (token === null) return clients
    if (token.kind !== 'word')
      throw new PizauthProblem(token.line, 'An option or an account is expected here.')
    if (token.value === 'account') {
      const name = take(reader, 'text')
      take(reader, 'sign', '{')
      clients.push(pizauthClient(name.value, readFields(reader)))
    } else {
      readSetting(reader)
    }
  }
}

type Reader = { tokens: Token[]; at: number }

const TOKEN = /\s+|\/\/[^\n]*|"((?:\\.|[^"\\])*)"|([A-Za-z_]\w*|\d+\w*)|([={}[\];,:])|(.)/gs

function tokensOf(content: string): Token[] {
  let line = 1
  const tokens: Token[] = []
  for (const [whole, text, word, sign, unexpected] of content.matchAll(TOKEN)) {
    if (unexpected !== undefined) throw new PizauthProblem(line, `"${unexpected}" does not belong here.`)
    if (text !== undefined) tokens.push({ kind: 'text', value: text.replaceAll(/\\(["\\])/g, '$1'), line })
    else if (word !== undefined) tokens.push({ kind: 'word', value: word, line })
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, line })
    line += whole.split('\n').length - 1
  }
  return tokens
}

function next(reader: Reader): Token | null {
  const token = reader.tokens[reader.at] ?? null
  reader.at += 1
  return token
}

function take(reader: Reader, kind: Token['kind'], value?: string): Token {
  const token = next(reader)
  if (token === null) throw new PizauthProblem(reader.tokens.at(-1)?.line ?? 1, 'The file ends too early.')
  if (token.kind === kind && (value === undefined || token.value === value)) return token
  throw new PizauthProblem(
    token.line,
    `${value === undefined ? 'A text in quotes' : `"${value}"`} is expected here.`,
  )
}

/** `= value ;` after an option's name. */
function readSetting(reader: Reader): Value {
  take(reader, 'sign', '=')
  const value = readValue(reader)
  take(reader, 'sign', ';')
  return value
}

function readValue(reader: Reader): Value {
  const token = next(reader)
  if (token === null) throw new PizauthProblem(reader.tokens.at(-1)?.line ?? 1, 'The file ends too early.')
  if (token.kind !== 'sign') return token.value
  if (token.value === '[') return readUntil(reader, ']', () => take(reader, 'text').value)
  if (token.value !== '{') throw new PizauthProblem(token.line, 'A value is expected here.')
  const pairs = readUntil(reader, '}', () => {
    const name = take(reader, 'text').value
    take(reader, 'sign', ':')
    return [name, take(reader, 'text').value] as const
  })
  return Object.fromEntries(pairs.filter(([name]) => name !== '__proto__'))
}

function readUntil<Item>(reader: Reader, end: string, read: () => Item): Item[] {
  const items: Item[] = []
  for (;;) {
    const token = reader.tokens[reader.at]
    if (token?.kind === 'sign' && token.value === end) {
      reader.at += 1
      return items
    }
    items.push(read())
    if (reader.tokens[reader.at]?.value === ',') reader.at += 1
  }
}

function readFields(reader: Reader): Map<string, Value> {
  const fields = new Map<string, Value>()
  for (;;) {
    const token = next(reader)
    if (token === null) throw new PizauthProblem(reader.tokens.at(-1)?.line ?? 1, 'The account has no end.')
    if (token.kind === 'sign' && token.value === '}') return fields
    if (token.kind !== 'word') throw new PizauthProblem(token.line, 'The name of a field is expected here.')
    fields.set(token.value, readSetting(reader))
  }
}

const TAKEN = new Set([
  'auth_uri',
  'token_uri',
  'client_id',
  'client_secret',
  'scopes',
  'auth_uri_fields',
  'login_hint',
  'redirect_uri',
])

function pizauthClient(name: string, fields: ReadonlyMap<string, Value>): ForeignClient {
  const text = (field: string): string | undefined => {
    const value = fields.get(field)
    return typeof value === 'string' ? value : undefined
  }
  const scopes = fields.get('scopes')
  const uriFields = fields.get('auth_uri_fields')
  const { login_hint: hint = text('login_hint'), ...params } =
    typeof uriFields === 'object' && !Array.isArray(uriFields) ? uriFields : {}
  const left = [...fields.keys()].filter((field) => !TAKEN.has(field))
  return {
    name: name === '' ? (hostOf(text('token_uri') ?? '') ?? 'pizauth') : name,
    authorizationUrl: text('auth_uri'),
    tokenUrl: text('token_uri'),
    clientId: text('client_id'),
    clientSecret: text('client_secret'),
    scopes: parseScopes(scopes) ?? [],
    authorizationParams: params,
    // pizauth sends id and secret in the body.
    auth: fields.has('client_secret') ? 'client_secret_post' : undefined,
    notes: [
      ...(hint === undefined ? [] : [`Account "${name}" signs in as ${hint}.`]),
      ...(text('redirect_uri') === undefined
        ? []
        : [`It came home to ${text('redirect_uri')}; register the address that Keyway shows as well.`]),
      ...(left.length === 0 ? [] : [`Not taken over: ${left.join(', ')}; Keyway renews by its own rules.`]),
    ],
  }
}
