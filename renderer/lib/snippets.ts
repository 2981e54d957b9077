// Programs to paste. The key is read from the environment and never put on a command line, where every process could see it.
export type SnippetLanguage = 'curl' | 'typescript' | 'python' | 'shell'
export type SnippetWay = 'token' | 'request'
export const snippetLanguages = ['curl', 'typescript', 'python', 'shell'] as const

export type SnippetSubject = {
  serverUrl: string
  providerSlug: string
  account: string
  connectionId: string
  /** Where the account's API is, when known. */
  apiBaseUrl: string | null
}

export function snippet(language: SnippetLanguage, way: SnippetWay, subject: SnippetSubject): string {
  const address = way === 'token' ? tokenUrl(subject) : requestUrl(subject)
  return writers[language](way, address)
}

function tokenUrl({ serverUrl, providerSlug, account }: SnippetSubject): string {
  return `${serverUrl}/api/integrations/${encodeURIComponent(providerSlug)}/token?account=${encodeURIComponent(account)}`
}

function requestUrl({ serverUrl, connectionId }: SnippetSubject): string {
  return `${serverUrl}/api/integrations/${encodeURIComponent(connectionId)}/request/`
}

const writers: Record<SnippetLanguage, (way: SnippetWay, url: string) => string> = {
  curl: (_way, url) =>
    `printf 'header = "X-API-Key: %s"' "$KEYWAY_KEY" | curl -sS --config - ${shellQuoted(url)}`,
  shell: (way, url) =>
    way === 'token'
      ? [
          'keyway_token() {',
          `  printf 'header = "X-API-Key: %s"' "$KEYWAY_KEY" |`,
          `    curl -fsS --config - ${shellQuoted(url)} |`,
          `    sed -n 's/.*"accessToken":"\\([^"]*\\)".*/\\1/p'`,
          '}',
          'TOKEN=$(keyway_token)',
        ].join('\n')
      : [
          'keyway_get() {',
          `  printf 'header = "X-API-Key: %s"' "$KEYWAY_KEY" |`,
          `    curl -fsS --config - ${shellQuoted(url)}"$1"`,
          '}',
          'keyway_get user',
        ].join('\n'),
  typescript: (way, url) =>
    way === 'token'
      ? [
          `const answer = await fetch(${JSON.stringify(url)}, {`,
          `  headers: { 'X-API-Key': process.env.KEYWAY_KEY ?? '' },`,
          '})',
          'if (!answer.ok) throw new Error(await answer.text())',
          'const { data } = await answer.json()',
          'const token: string = data.accessToken',
        ].join('\n')
      : [
          `const answer = await fetch(${JSON.stringify(url)} + 'user', {`,
          `  headers: { 'X-API-Key': process.env.KEYWAY_KEY ?? '' },`,
          '})',
          'const user = await answer.json()',
        ].join('\n'),
  python: (way, url) =>
    [
      'import json, os, urllib.request',
      '',
      'request = urllib.request.Request(',
      `    ${JSON.stringify(url)}${way === 'token' ? '' : ' + "user"'},`,
      '    headers={"X-API-Key": os.environ["KEYWAY_KEY"]},',
      ')',
      'with urllib.request.urlopen(request) as answer:',
      way === 'token'
        ? '    token = json.load(answer)["data"]["accessToken"]'
        : '    user = json.load(answer)',
    ].join('\n'),
}

/** One word for a POSIX shell, whatever is in it. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
