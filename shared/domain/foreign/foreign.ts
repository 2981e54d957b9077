// Detects the format of a pasted text or file and reads it. All readers are pure. Unknown formats are
// reported as such.
import type { ForeignFormat, ForeignProviders } from '../../contract/transfer.ts'
import { readJson } from '../json-path.ts'
import { readYaml, YamlProblem } from '../read-yaml.ts'
import { oidcAgentJson, oidcAgentLines, pizauthClients, PizauthProblem } from './agents.ts'
import {
  bruFileClients,
  brunoClients,
  hoppscotchClients,
  insomniaClients,
  postmanClients,
} from './api-clients.ts'
import { googleClients, rcloneClients, UnusableFile } from './clouds.ts'
import { emailProxyClients } from './mail.ts'
import { type ForeignClient, foreignProviders } from './provider.ts'

export type ForeignRead =
  | ({ kind: 'read' } & ForeignProviders)
  /** `line` counts from 1; null refers to the whole text. */
  | { kind: 'unreadable'; problem: string; line: number | null }

type Parsed =
  | { kind: 'json' | 'yaml'; value: unknown }
  | { kind: 'text' }
  | { kind: 'broken'; problem: string; line: number | null }

const names: Readonly<Record<ForeignFormat, string>> = {
  'oidc-agent': 'an issuer list of oidc-agent',
  pizauth: 'a configuration of pizauth',
  'email-oauth2-proxy': 'a configuration of email-oauth2-proxy',
  postman: 'an export of Postman with OAuth 2.0 in it',
  insomnia: 'an export of Insomnia with OAuth 2.0 in it',
  bruno: 'a file of Bruno with OAuth 2.0 in it',
  hoppscotch: 'an export of Hoppscotch with OAuth 2.0 in it',
  'google-client': 'a client_secret.json of Google',
  rclone: 'a configuration of rclone with OAuth in it',
}

export function readForeign(text: string, format: ForeignFormat | 'auto'): ForeignRead {
  const content = text.replace(/^\uFEFF/, '')
  if (hasTooManyLines(content))
    return { kind: 'unreadable', problem: 'It has more lines than any file of these tools.', line: null }
  const parsed = parse(content)
  try {
    for (const candidate of format === 'auto' ? formats : [format]) {
      const clients = readers[candidate](content, parsed, format)
      if (clients !== null) return readAs(candidate, clients)
    }
  } catch (error) {
    if (error instanceof UnusableFile) return { kind: 'unreadable', problem: error.message, line: null }
    if (!(error instanceof PizauthProblem)) throw error
    return { kind: 'unreadable', problem: error.message, line: error.line }
  }
  if (parsed.kind === 'broken') return { kind: 'unreadable', problem: parsed.problem, line: parsed.line }
  return {
    kind: 'unreadable',
    problem:
      format === 'auto'
        ? 'This is none of the files that can be read here: oidc-agent, pizauth, email-oauth2-proxy, rclone, client_secret.json of Google, Postman, Insomnia, Bruno, Hoppscotch.'
        : `This is not ${names[format]}.`,
    line: null,
  }
}

/** More clients than anybody has; each becomes a form to fill in. */
const MOST_CLIENTS = 500

function readAs(format: ForeignFormat, clients: readonly ForeignClient[]): ForeignRead {
  const notes =
    clients.length <= MOST_CLIENTS
      ? []
      : [`The file describes ${clients.length} clients; the first ${MOST_CLIENTS} are shown.`]
  return { kind: 'read', format, providers: foreignProviders(clients.slice(0, MOST_CLIENTS)), notes }
}

type Reader = (content: string, parsed: Parsed, wanted: ForeignFormat | 'auto') => ForeignClient[] | null

const ofValue =
  (read: (value: unknown) => ForeignClient[] | null): Reader =>
  (_content, parsed) =>
    parsed.kind === 'json' || parsed.kind === 'yaml' ? read(parsed.value) : null

const readers: Readonly<Record<ForeignFormat, Reader>> = {
  'google-client': ofValue(googleClients),
  hoppscotch: ofValue(hoppscotchClients),
  postman: ofValue(postmanClients),
  insomnia: ofValue(insomniaClients),
  bruno: (content, parsed) =>
    parsed.kind === 'json' || parsed.kind === 'yaml' ? brunoClients(parsed.value) : bruFileClients(content),
  'oidc-agent': (content, parsed) =>
    parsed.kind === 'json' ? oidcAgentJson(parsed.value) : oidcAgentLines(content),
  pizauth: (content, parsed, wanted) =>
    parsed.kind !== 'json' && (wanted === 'pizauth' || hasLine(content, PIZAUTH_ACCOUNT))
      ? notEmpty(pizauthClients(content))
      : null,
  rclone: (content, parsed) => (parsed.kind === 'json' ? null : rcloneClients(content)),
  'email-oauth2-proxy': (content, parsed) => (parsed.kind === 'json' ? null : emailProxyClients(content)),
}

const formats = Object.keys(readers) as ForeignFormat[]

const notEmpty = (clients: ForeignClient[]): ForeignClient[] | null => (clients.length === 0 ? null : clients)

// Matches within one line: across lines, blanks would be scanned again from every line break.
const PIZAUTH_ACCOUNT = /^[ \t]*account[ \t]+"/
const INI_HEADING = /^\[[^\]{}"]+\][ \t]*$/
const YAML_OF_A_CLIENT = [/^type:[ \t]*\S*insomnia/, /^opencollection:/, /^[ \t]+type:[ \t]*oauth2[ \t]*$/]

const MOST_LINES = 200_000

/** Checked before the text is split: lists of millions of empty strings take gigabytes. */
function hasTooManyLines(content: string): boolean {
  let lines = 1
  for (let at = 0; at < content.length && lines <= MOST_LINES; at += 1) {
    const code = content.charCodeAt(at)
    if (code === 10 || code === 13) lines += 1
  }
  return lines > MOST_LINES
}

const hasLine = (content: string, ...patterns: readonly RegExp[]): boolean =>
  content.split(/\r\n|[\r\n]/).some((line) => patterns.some((pattern) => pattern.test(line)))

function parse(content: string): Parsed {
  if (/^\s*[{[]/.test(content) && !hasLine(content, INI_HEADING)) return parseJson(content)
  if (!hasLine(content, ...YAML_OF_A_CLIENT)) return { kind: 'text' }
  try {
    return { kind: 'yaml', value: readYaml(content) }
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error
    return { kind: 'broken', problem: error.message, line: error.line }
  }
}

function parseJson(content: string): Parsed {
  const read = readJson(content)
  return read.ok
    ? { kind: 'json', value: read.value }
    : { kind: 'broken', problem: 'This is not whole JSON.', line: read.line }
}
