import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { snippet, snippetLanguages, type SnippetSubject } from '../../../../renderer/lib/snippets.ts'

// An account that tries to get out of every quoting there is.
const account = `it's "ada" $(touch /tmp/keyway-never) \`id\` \\ & ünï`
const key = 'kw_made-up-key-of-a-test'
const seen: { url: string; key: string | undefined }[] = []
let subject: SnippetSubject

const server = createServer((request, response) => {
  seen.push({ url: decodeURIComponent(request.url ?? ''), key: request.headers['x-api-key']?.toString() })
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ data: { accessToken: 'made-up.access-token_1', tokenType: 'Bearer' } }))
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  subject = {
    serverUrl: `http://127.0.0.1:${port}`,
    providerSlug: 'acme',
    account,
    connectionId: 'con_1',
    probePath: 'user',
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
  expect(seen.at(-1)).toEqual({ url: expected(way), key })
})

test('the shell snippet leaves the token in a variable', async () => {
  const { stdout } = await run('sh', ['-c', `${snippet('shell', 'token', subject)}\nprintf %s "$TOKEN"`], {
    env,
  })
  expect(stdout).toBe('made-up.access-token_1')
  await run('sh', ['-c', snippet('shell', 'request', subject)], { env })
  expect(seen.at(-1)).toEqual({ url: expected('request'), key })
})

test.each(['token', 'request'] as const)('the TypeScript snippet for a %s runs as it stands', async (way) => {
  const printed = way === 'token' ? 'token' : 'JSON.parse(body).data.accessToken'
  const code = `${snippet('typescript', way, subject)}\nprocess.stdout.write(${printed})`
  const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '-e', code], { env })
  expect(stdout).toBe('made-up.access-token_1')
  expect(seen.at(-1)).toEqual({ url: expected(way), key })
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
