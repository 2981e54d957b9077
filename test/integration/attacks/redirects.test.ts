// Where the API redirects to: what Keyway follows, what comes back as a path of Keyway, and that no client
// carries its key to a stranger. The clients are real ones.
import { execFile, spawnSync } from 'node:child_process'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findProgram } from '../../../scripts/machine/find-program.ts'
import { startLocalInMemory, startUpstream } from '../../support/local-api.ts'

const run = promisify(execFile)
const through = '/api/integrations/slack/request'

const bodyOf = async (message: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of message) text += String(chunk)
  return text
}

/** An API at a base with a path, as MCP servers have it; what it was asked for, in order. */
async function startApi(redirects: Record<string, [status: number, location: string]>, base = '/mcp') {
  const seen: string[] = []
  const answer: RequestListener = (request, response) => {
    void bodyOf(request).then((body) => {
      seen.push(`${request.method} ${request.url}${body === '' ? '' : ` ${body}`}`)
      const [status, location] = redirects[request.url ?? ''] ?? []
      if (status !== undefined) response.writeHead(status, { location }).end()
      else response.end(`${request.method} ${request.url} ${body}`)
    })
  }
  const upstream = await startUpstream(answer)
  const local = await startLocalInMemory({ baseUrl: `${upstream.url}${base}` })
  const { key } = local
  const own = `/api/integrations/${local.connectionId}/request`
  return { seen, upstream, local, key, own }
}

describe('the base address itself', () => {
  test.each([
    ['/mcp', '', '/mcp'],
    ['/mcp', '/', '/mcp'],
    ['/mcp', '/?a=1', '/mcp?a=1'],
    ['/mcp', '?a=1', '/mcp?a=1'],
    ['/mcp/', '', '/mcp/'],
    ['/mcp/', '/', '/mcp/'],
    ['/mcp/', '/x', '/mcp/x'],
    ['/mcp', '/x/', '/mcp/x/'],
    ['', '/', '/'],
    ['', '', '/'],
    ['/', '/?q', '/?q'],
  ])('registered with %s, request%s asks for %s', async (base, rest, expected) => {
    const { local, key, seen } = await startApi({}, base)
    expect((await local.call(`${through}${rest}`, { key })).status).toBe(200)
    // Without anything after it, POST is the JSON form.
    const posted = rest === '' || rest.startsWith('?') ? `/${rest}` : rest
    const post = await local.call(`${through}${posted}`, { key, method: 'POST', body: 'x' })
    expect(post.status).toBe(200)
    expect(seen).toEqual([`GET ${expected}`, `POST ${expected} x`])
  })

  test('the JSON form names it by an empty address, and the API’s slash by one slash', async () => {
    const { local, key, seen } = await startApi({})
    for (const url of ['', '/', '?a=1'])
      expect((await local.call(through, { key, method: 'POST', json: { url } })).status).toBe(200)
    expect(seen).toEqual(['GET /mcp', 'GET /mcp/', 'GET /mcp?a=1'])
  })
})

describe('within the origin of the request', () => {
  test.each([307, 308])(
    '%i after POST is followed with the same body, and the grant looked at again',
    async (status) => {
      const { local, key, seen } = await startApi({
        '/mcp': [status, '/mcp/'],
        '/mcp/a': [status, '/elsewhere'],
      })
      const answer = await local.call(`${through}/`, { key, method: 'POST', body: '{"id":1}' })
      expect([answer.status, await answer.text()]).toEqual([200, 'POST /mcp/ {"id":1}'])
      const narrow = local.keyway.addApp({
        grants: [{ target: { kind: 'all' }, paths: ['/mcp/a'], methods: ['POST'] }],
      })
      expect(await local.ask(`${through}/a`, { key: narrow.key, method: 'POST', body: 'x' })).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
      expect(seen).toEqual(['POST /mcp {"id":1}', 'POST /mcp/ {"id":1}', 'POST /mcp/a x'])
    },
  )

  test.each([301, 302, 303])('%i after POST comes back as a path of Keyway, which works', async (status) => {
    const { local, key, own, upstream } = await startApi({ '/mcp/jobs': [status, '/mcp/jobs/7?full=1#top'] })
    const answer = await local.call(`${through}/jobs`, { key, method: 'POST', body: 'x' })
    expect([answer.status, answer.headers.get('location'), answer.headers.get('keyway-location')]).toEqual([
      status,
      `${own}/jobs/7?full=1`,
      `${upstream.url}/mcp/jobs/7?full=1`,
    ])
    expect(await (await local.call(`${own}/jobs/7?full=1`, { key })).text()).toBe('GET /mcp/jobs/7?full=1 ')
  })

  test('a body that is streamed cannot be sent twice: the path of Keyway, or none where no path leads there', async () => {
    const { local, key, own } = await startApi({
      '/mcp/up': [307, '/mcp/up2'],
      '/mcp/out': [307, '/other'],
      '/mcp': [307, '/mcp/'],
    })
    const body = 'x'.repeat(100_000)
    const ask = async (rest: string) => {
      const answer = await local.call(`${through}${rest}`, { key, method: 'POST', body })
      return [answer.status, answer.headers.get('location')]
    }
    expect(await ask('/up')).toEqual([307, `${own}/up2`])
    expect(await ask('/out')).toEqual([307, null])
    expect(await ask('/')).toEqual([307, null])
  })

  test('a circle ends', async () => {
    const { local, key, seen } = await startApi({ '/mcp/a': [302, '/mcp/b'], '/mcp/b': [302, '/mcp/a'] })
    const answer = await local.call(`${through}/a`, { key })
    expect(answer.status).toBe(302)
    expect(seen.length).toBeLessThan(10)
  })

  test('Location beside 201 stays what the API said', async () => {
    const { local, key } = await startApi({ '/mcp/new': [201, '/mcp/new/7'] })
    const answer = await local.call(`${through}/new`, { key, method: 'POST', body: 'x' })
    expect(answer.headers.get('location')).toBe('/mcp/new/7')
  })
})

describe('to a stranger', () => {
  const foreign = [
    'STRANGER/steal',
    '//STRANGERHOST/steal',
    'STRANGER/steal?x=1#y',
    'https://example.invalid/steal',
    'javascript:alert(1)',
    'http://[broken',
  ]

  /** Writes down every request that reaches it, and with it the control that it would be seen. */
  async function startStranger() {
    const seen: string[] = []
    const server = createServer((request, response) => {
      seen.push(JSON.stringify([request.method, request.url, request.rawHeaders]))
      response.end('stranger')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => server.close().closeAllConnections())
    const host = `127.0.0.1:${(server.address() as { port: number }).port}`
    expect(await (await fetch(`http://${host}/control`)).text()).toBe('stranger')
    expect(seen.splice(0)).toHaveLength(1)
    return { seen, host }
  }

  test.each([301, 302, 303, 307, 308])(
    '%i: no Location, whatever it says, and the API’s own in Keyway-Location',
    async (status) => {
      const { host } = await startStranger()
      for (const each of foreign) {
        const location = each.replace('STRANGERHOST', host).replace('STRANGER', `http://${host}`)
        const { local, key } = await startApi({ '/mcp/x': [status, location] })
        for (const method of ['GET', 'POST']) {
          const answer = await local.call(`${through}/x`, {
            key,
            method,
            ...(method === 'POST' ? { body: 'x' } : {}),
          })
          expect([answer.status, answer.headers.get('location')]).toEqual([status, null])
          expect(answer.headers.get('keyway-location')).toBeTruthy()
        }
      }
    },
  )

  const java = `
    import java.net.URI;
    import java.net.http.*;
    public class Redirect {
      public static void main(String[] a) throws Exception {
        var client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.ALWAYS).build();
        var request = HttpRequest.newBuilder(URI.create(a[0])).header("X-API-Key", System.getenv("K"))
          .header("Authorization", "Bearer " + System.getenv("K")).build();
        try { System.out.println(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode()); }
        catch (java.io.IOException e) { System.out.println("refused: " + e.getMessage()); }
      }
    }`
  const urllib = `
import os, sys, urllib.request, urllib.error
request = urllib.request.Request(sys.argv[1], headers={"X-API-Key": os.environ["K"], "Authorization": "Bearer " + os.environ["K"]})
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.code)`
  const requests = `
import os, sys, requests
print(requests.get(sys.argv[1], headers={"X-API-Key": os.environ["K"], "Authorization": "Bearer " + os.environ["K"]}).status_code)`
  type Client = { command: string; args(url: string, folder: string): string[] }
  const hasRequests = spawnSync('python3', ['-c', 'import requests']).status === 0
  const curl: Client = {
    command: 'curl',
    args: (url, folder) => ['-sL', '-H', `@${join(folder, 'headers')}`, url],
  }
  const python = (program: string): Client => ({ command: 'python3', args: (url) => ['-c', program, url] })
  const javaClient: Client = { command: 'java', args: (url, folder) => [join(folder, 'Redirect.java'), url] }

  const carriesNoKey = async ({ command, args }: Client): Promise<void> => {
    const { host, seen } = await startStranger()
    const {
      local,
      key,
      seen: asked,
    } = await startApi({
      '/mcp/out': [302, `http://${host}/steal`],
      // Only a streamed or changed request is not followed by Keyway itself, so the control goes to itself.
      '/mcp/loop': [302, '/mcp/loop'],
    })
    const folder = await mkdtemp(join(tmpdir(), 'keyway-redirect-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await writeFile(join(folder, 'Redirect.java'), java)
    await writeFile(join(folder, 'headers'), `X-API-Key: ${key}\nAuthorization: Bearer ${key}\n`)
    const ask = (url: string) =>
      run(command, args(url, folder), { env: { ...process.env, K: key } }).catch((error: unknown) => error)
    await ask(`${local.url}${through}/out`)
    expect(asked).toContain('GET /mcp/out')
    expect(seen).toEqual([])
    const before = asked.length
    await ask(`${local.url}${through}/loop`)
    // Keyway follows five times for each request; a client that follows asks again.
    expect(asked.length - before).toBeGreaterThan(6)
    // The client does carry the key to whoever redirects it without Keyway: what is prevented is real.
    const bare = createServer((_request, response) => {
      response.writeHead(302, { location: `http://${host}/control` }).end()
    })
    await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => bare.close().closeAllConnections())
    await ask(`http://127.0.0.1:${(bare.address() as { port: number }).port}/`)
    expect(seen.join('\n')).toContain(key)
  }

  test.skipIf(findProgram('curl') === null)('curl -L carries no key there', () => carriesNoKey(curl))
  test.skipIf(findProgram('python3') === null)('Python urllib carries no key there', () =>
    carriesNoKey(python(urllib)),
  )
  test.skipIf(!hasRequests)('Python requests carries no key there', () => carriesNoKey(python(requests)))
  test.skipIf(findProgram('java') === null)('Java HttpClient carries no key there', () =>
    carriesNoKey(javaClient),
  )

  test('Node fetch follows nothing with the key', async () => {
    const { host, seen } = await startStranger()
    const { local, key } = await startApi({ '/mcp/out': [302, `http://${host}/steal`] })
    const answer = await fetch(`${local.url}${through}/out`, { headers: { 'X-API-Key': key } })
    expect([answer.status, answer.redirected]).toEqual([302, false])
    expect(seen).toEqual([])
  })
})
