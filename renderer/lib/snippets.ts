// Programs to paste. The key is read from the environment and never put on a command line, where every process could see it.
export type SnippetLanguage = 'curl' | 'typescript' | 'python' | 'shell'
export type SnippetWay = 'token' | 'request'
export const snippetLanguages = ['curl', 'typescript', 'python', 'shell'] as const

export type SnippetSubject = {
  serverUrl: string
  providerSlug: string
  account: string
  connectionId: string
  /** A path of the API that answers a GET, without a slash before it; may be empty. */
  probePath: string
}

export function snippet(language: SnippetLanguage, way: SnippetWay, subject: SnippetSubject): string {
  return writers[language][way](way === 'token' ? tokenUrl(subject) : requestUrl(subject))
}

function tokenUrl({ serverUrl, providerSlug, account }: SnippetSubject): string {
  return `${serverUrl}/api/integrations/${encodeURIComponent(providerSlug)}/token?account=${encodeURIComponent(account)}`
}

function requestUrl({ serverUrl, connectionId, probePath }: SnippetSubject): string {
  return `${serverUrl}/api/integrations/${encodeURIComponent(connectionId)}/request/${probePath}`
}

type Writer = (url: string) => string

// curl reads the header from its standard input; printf is the shell's own, so the key is in no process's arguments.
const giveKey = `printf 'header = "X-API-Key: %s"' "\${KEYWAY_KEY:?set it to an app key}" |`

const curl: Writer = (url) => [giveKey, `  curl -sS --config - ${shellQuoted(url)}`].join('\n')

const shellToken: Writer = (url) =>
  [
    'keyway_token() {',
    `  ${giveKey}`,
    `    curl -fsS --config - ${shellQuoted(url)} |`,
    `    sed -n 's/.*"accessToken":"\\([^"]*\\)".*/\\1/p'`,
    '}',
    'TOKEN=$(keyway_token)',
  ].join('\n')

const shellRequest: Writer = (url) =>
  [
    'keyway_get() {',
    `  ${giveKey}`,
    '    curl -fsS --config - "$1"',
    '}',
    `keyway_get ${shellQuoted(url)}`,
  ].join('\n')

const typescriptFetch = (url: string, then: readonly string[]): string =>
  [
    `const answer = await fetch(${JSON.stringify(url)}, {`,
    `  headers: { 'X-API-Key': process.env.KEYWAY_KEY ?? '' },`,
    '})',
    'if (!answer.ok) throw new Error(await answer.text())',
    ...then,
  ].join('\n')

const pythonOpen = (url: string, then: string): string =>
  [
    'import json, os, urllib.request',
    '',
    'request = urllib.request.Request(',
    `    ${JSON.stringify(url)},`,
    '    headers={"X-API-Key": os.environ["KEYWAY_KEY"]},',
    ')',
    'with urllib.request.urlopen(request) as answer:',
    `    ${then}`,
  ].join('\n')

const writers: Record<SnippetLanguage, Record<SnippetWay, Writer>> = {
  curl: { token: curl, request: curl },
  shell: { token: shellToken, request: shellRequest },
  typescript: {
    token: (url) =>
      typescriptFetch(url, [
        'const { data } = await answer.json()',
        'const token: string = data.accessToken',
      ]),
    request: (url) => typescriptFetch(url, ['const body = await answer.text()']),
  },
  python: {
    token: (url) => pythonOpen(url, 'token = json.load(answer)["data"]["accessToken"]'),
    request: (url) => pythonOpen(url, 'body = answer.read().decode()'),
  },
}

/** One word for a POSIX shell, whatever is in it. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
