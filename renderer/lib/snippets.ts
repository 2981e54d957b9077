// Code snippets. The key is read from the environment and never put on a command line, where every process
// could read it.
import type { Probe } from '../../shared/contract/connection.ts'
import { text } from './text.ts'

export type SnippetLanguage = 'curl' | 'typescript' | 'python' | 'shell'
export type SnippetWay = 'token' | 'request'
export const snippetLanguages = ['curl', 'typescript', 'python', 'shell'] as const

export type SnippetSubject = {
  serverUrl: string
  providerSlug: string
  account: string
  connectionId: string
  /** A request that succeeds unchanged; null where none is known. */
  probe: Probe | null
  apiBaseUrl: string | null
}

type SnippetCall = {
  url: string
  method: 'GET' | 'POST'
  headers: Readonly<Record<string, string>>
  body: string | null
  /** What the reader has to change first; null: nothing. */
  note: string | null
}

export function snippet(language: SnippetLanguage, way: SnippetWay, subject: SnippetSubject): string {
  const call = way === 'token' ? tokenCall(subject) : requestCall(subject)
  const lines = writers[language][way](call)
  const comment = language === 'typescript' ? '//' : '#'
  return call.note === null ? lines : `${comment} ${call.note}\n${lines}`
}

function tokenCall({ serverUrl, providerSlug, account }: SnippetSubject): SnippetCall {
  const url = `${serverUrl}/api/integrations/${encodeURIComponent(providerSlug)}/token?account=${encodeURIComponent(account)}`
  return { url, method: 'GET', headers: {}, body: null, note: null }
}

function requestCall({ serverUrl, connectionId, probe, apiBaseUrl }: SnippetSubject): SnippetCall {
  const url = `${serverUrl}/api/integrations/${encodeURIComponent(connectionId)}/request`
  if (probe === null && apiBaseUrl !== null) {
    const note = text.connections.snippet.anyPath
    return { url: `${url}/path`, method: 'GET', headers: {}, body: null, note }
  }
  if (probe === null) {
    const described = { method: 'GET', url: 'https://api.example.com/path' }
    return { ...describedCall(url, described), note: text.connections.snippet.anyAddress }
  }
  const { method, path, headers, body } = probe
  if (path !== null) return { url: `${url}/${path}`, method, headers, body, note: null }
  return describedCall(url, {
    method,
    url: probe.url,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(body === null ? {} : { data: body }),
  })
}

/** For a URL outside the API's base: the body describes the whole request. */
function describedCall(url: string, described: Record<string, unknown>): SnippetCall {
  const headers = { 'Content-Type': 'application/json' }
  return { url, method: 'POST', headers, body: JSON.stringify(described), note: null }
}

type Writer = (call: SnippetCall) => string

// curl reads the header from standard input. printf is built into the shell, so the key is in no process's
// arguments.
const giveKey = `printf 'X-API-Key: %s\\n' "\${KEYWAY_KEY:?set it to an app key}" |`

const curl: Writer = (call) => [giveKey, `  curl -sS -H @- ${curlArguments(call)}`].join('\n')

function curlArguments({ url, method, headers, body }: SnippetCall): string {
  return [
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    ...Object.entries(headers).map(([name, value]) => `-H ${shellQuoted(`${name}: ${value}`)}`),
    ...(body === null ? [] : [`-d ${shellQuoted(body)}`]),
    shellQuoted(url),
  ].join(' ')
}

const shellToken: Writer = (call) =>
  [
    'keyway_token() {',
    `  ${giveKey}`,
    `    curl -fsS -H @- ${curlArguments(call)} |`,
    `    sed -n 's/.*"accessToken":"\\([^"]*\\)".*/\\1/p'`,
    '}',
    'TOKEN=$(keyway_token)',
  ].join('\n')

const shellRequest: Writer = (call) =>
  [
    'keyway_send() {',
    `  ${giveKey}`,
    '    curl -fsS -H @- "$@"',
    '}',
    `keyway_send ${curlArguments(call)}`,
  ].join('\n')

const typescriptFetch = ({ url, method, headers, body }: SnippetCall, then: readonly string[]): string =>
  [
    `const answer = await fetch(${JSON.stringify(url)}, {`,
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    `  headers: { 'X-API-Key': process.env.KEYWAY_KEY ?? ''${namedIn(headers)} },`,
    ...(body === null ? [] : [`  body: ${JSON.stringify(body)},`]),
    '})',
    'if (!answer.ok) throw new Error(await answer.text())',
    ...then,
  ].join('\n')

const pythonOpen = ({ url, method, headers, body }: SnippetCall, then: string): string =>
  [
    'import json, os, urllib.request',
    '',
    'request = urllib.request.Request(',
    `    ${JSON.stringify(url)},`,
    `    headers={"X-API-Key": os.environ["KEYWAY_KEY"]${namedIn(headers)}},`,
    ...(method === 'GET' ? [] : [`    method="${method}",`]),
    ...(body === null ? [] : [`    data=${JSON.stringify(body)}.encode(),`]),
    ')',
    'with urllib.request.urlopen(request) as answer:',
    `    ${then}`,
  ].join('\n')

function namedIn(headers: SnippetCall['headers']): string {
  return Object.entries(headers)
    .map(([name, value]) => `, ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join('')
}

const writers: Record<SnippetLanguage, Record<SnippetWay, Writer>> = {
  curl: { token: curl, request: curl },
  shell: { token: shellToken, request: shellRequest },
  typescript: {
    token: (call) =>
      typescriptFetch(call, [
        'const { data } = await answer.json()',
        'const token: string = data.accessToken',
      ]),
    request: (call) => typescriptFetch(call, ['const body = await answer.text()']),
  },
  python: {
    token: (call) => pythonOpen(call, 'token = json.load(answer)["data"]["accessToken"]'),
    request: (call) => pythonOpen(call, 'body = answer.read().decode()'),
  },
}

/** Quotes any text as one word of a POSIX shell. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
