import { execFile, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Probe } from '../../../../shared/contract/connection.ts'
import { snippet, snippetLanguages, type SnippetSubject } from '../../../../renderer/lib/snippets.ts'

// An account that tries to get out of every quoting there is.
const account = `it's "ada" $(touch /tmp/keyway-never) \`id\` \\ & ünï`
const key = 'kw_made-up-key-of-a-test'
type Seen = { url: string; key: string | undefined; method: string; type: string | undefined; body: string }
const seen: Seen[] = []
const probe = (change: Partial<Probe>): Probe => ({
  method: 'GET',
  url: 'https://api.example.test/user',
  path: null,
  headers: {},
  body: null,
  ...change,
})
let subject: SnippetSubject

const server = createServer((request, response) => {
  const { url = '', method = '', headers } = request
  void text(request).then((body) => {
    const sent = headers['x-api-key']?.toString()
    seen.push({ url: decodeURIComponent(url), key: sent, method, type: headers['content-type'], body })
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ data: { accessToken: 'made-up.access-token_1', tokenType: 'Bearer' } }))
  })
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  subject = {
    serverUrl: `http://127.0.0.1:${port}`,
    providerSlug: 'acme',
    account,
    connectionId: 'con_1',
    probe: probe({ path: 'user' }),
    apiBaseUrl: 'https://api.example.test',
  }
})
afterAll(() => server.close())

const run = promisify(execFile)
const env = { ...process.env, KEYWAY_KEY: key }

function expected(way: 'token' | 'request'): string {
  return way === 'token'
    ? `/api/integrations/acme/token?account=${account}`
    : '/api/integrations/con_1/request/user'
}

test.each(['token', 'request'] as const)('the curl snippet for a %s runs as it stands', async (way) => {
  const { stdout } = await run('sh', ['-c', snippet('curl', way, subject)], { env })
  expect(JSON.parse(stdout)).toHaveProperty('data.accessToken')
  expect(seen.at(-1)).toMatchObject({ url: expected(way), key, method: 'GET', body: '' })
})

test('the shell snippet leaves the token in a variable', async () => {
  const { stdout } = await run('sh', ['-c', `${snippet('shell', 'token', subject)}\nprintf %s "$TOKEN"`], {
    env,
  })
  expect(stdout).toBe('made-up.access-token_1')
  await run('sh', ['-c', snippet('shell', 'request', subject)], { env })
  expect(seen.at(-1)).toMatchObject({ url: expected('request'), key, method: 'GET' })
})

test.each(['token', 'request'] as const)('the TypeScript snippet for a %s runs as it stands', async (way) => {
  const printed = way === 'token' ? 'token' : 'JSON.parse(body).data.accessToken'
  const code = `${snippet('typescript', way, subject)}\nprocess.stdout.write(${printed})`
  const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '-e', code], { env })
  expect(stdout).toBe('made-up.access-token_1')
  expect(seen.at(-1)).toMatchObject({ url: expected(way), key, method: 'GET', body: '' })
})

const graph = '{"query":"{ me { it\u2019s \\"me\\" } }"}'
const programs: Record<(typeof snippetLanguages)[number], (code: string) => [string, string[]]> = {
  curl: (code) => ['sh', ['-c', code]],
  shell: (code) => ['sh', ['-c', code]],
  typescript: (code) => [process.execPath, ['--input-type=module-typescript', '-e', code]],
  python: (code) => ['python3', ['-c', code]],
}

const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).status === 0
const missingFor = (language: string): boolean => language === 'python' && !isInstalled('python3')

for (const language of snippetLanguages)
  describe.skipIf(missingFor(language))(`a request in ${language}`, () => {
    const runIt = async (about: Partial<SnippetSubject>): Promise<Seen | undefined> => {
      const [program, args] = programs[language](snippet(language, 'request', { ...subject, ...about }))
      await run(program, args, { env })
      return seen.at(-1)
    }

    test('is sent with the method, type and body that the provider wants', async () => {
      const headers = { 'Content-Type': 'application/json' }
      expect(
        await runIt({ probe: probe({ method: 'POST', path: 'graphql', headers, body: graph }) }),
      ).toEqual({
        url: '/api/integrations/con_1/request/graphql',
        key,
        method: 'POST',
        type: 'application/json',
        body: graph,
      })
    })

    test('that has no body but is a POST is one', async () => {
      expect(await runIt({ probe: probe({ method: 'POST', path: 'me' }) })).toMatchObject({
        url: '/api/integrations/con_1/request/me',
        method: 'POST',
        body: '',
      })
    })

    test('to an address outside the base is described in the body', async () => {
      const sent = await runIt({ probe: probe({ url: 'https://id.example.test/userinfo?a=b&c=d' }) })
      expect(sent).toMatchObject({
        url: '/api/integrations/con_1/request',
        method: 'POST',
        type: 'application/json',
      })
      expect(JSON.parse(sent?.body ?? '')).toEqual({
        method: 'GET',
        url: 'https://id.example.test/userinfo?a=b&c=d',
      })
    })

    test('without a known address says first what to replace', () => {
      expect(snippet(language, 'request', { ...subject, probe: null })).toMatch(/^(?:#|\/\/) Replace “path”/)
      expect(snippet(language, 'request', { ...subject, probe: null, apiBaseUrl: null })).toMatch(/https:/)
    })
  })

test('the key is never on a command line, where every process could read it', () => {
  for (const language of snippetLanguages) {
    for (const way of ['token', 'request'] as const) {
      expect(snippet(language, way, subject)).not.toMatch(/-H ["'][^"']*key/i)
    }
  }
})

test('without a key the curl snippet says what is missing and asks nobody', async () => {
  const before = seen.length
  const { KEYWAY_KEY: _key, ...bare } = env
  await expect(
    run(
      'bash',
      ['-c', `set -o pipefail; ${snippet('curl', 'token', { ...subject, serverUrl: 'http://127.0.0.1:9' })}`],
      { env: bare },
    ),
  ).rejects.toThrow(/set it to an app key/)
  expect(seen.length).toBe(before)
})
