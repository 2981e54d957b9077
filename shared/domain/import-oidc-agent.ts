// oidc-agent: the list of issuers (JSON since version 5, lines before), the public clients, and what `oidc-gen --print` shows.
import { z } from 'zod'
import { hostOf, type ForeignClient } from './foreign-provider.ts'
import { textOf } from './json-path.ts'

const text = z.preprocess((value) => textOf(value) ?? value, z.string().max(5000))
const flows = z.union([text, z.array(text)])
const publicClient = z.object({
  client_id: text.optional(),
  client_secret: text.optional(),
  scope: text.optional(),
  flow: flows.optional(),
})
const issuerEntry = z.object({
  issuer: text.optional(),
  /** An account's own name for it. */
  issuer_url: text.optional(),
  name: text.optional(),
  register: text.optional(),
  manual_register: text.optional(),
  contact: text.optional(),
  configuration_endpoint: text.optional(),
  device_authorization_endpoint: text.optional(),
  cert_path: text.optional(),
  oauth: z.union([z.boolean(), z.number()]).optional(),
  legacy_aud_mode: z.union([z.boolean(), z.number()]).optional(),
  pubclient: publicClient.optional(),
  client_id: text.optional(),
  client_secret: text.optional(),
  scope: text.optional(),
  refresh_token: text.optional(),
})
type IssuerEntry = z.output<typeof issuerEntry>

/** Null when the JSON is nothing of oidc-agent's. */
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
    scopes: split(client.scope),
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

/** `<issuer> [<registration>] [<contact>]`, or `<client id>[:<secret>]@<issuer>[@<scopes>]`, one a line. Null when no line is either. */
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

const split = (scope: string | undefined): string[] =>
  (scope ?? '').split(/\s+/).filter((name) => name !== '')
