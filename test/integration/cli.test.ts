// The command line against the real local API and a real authorization server.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorTable } from '../../shared/contract/errors.ts'
import { aProvider } from '../support/builders.ts'
import { runKeyway } from '../support/command-line.ts'
import { everything, startRealLocal, startUpstream, type RealLocal } from '../support/local-api.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { approveDevice, signInWithHttp } from '../support/user-agent.ts'

/** A connected Keyway, and the command line with a key of its own. */
async function start(draft: Parameters<RealLocal['addApp']>[0] = {}) {
  const local = await startRealLocal()
  await local.signIn('ada@example.test', 'work')
  const key = local.addApp(draft)
  const run = (argv: string[], more: Parameters<typeof runKeyway>[1] = {}) =>
    runKeyway(argv, { url: local.url, key, ...more })
  return { local, key, run }
}

describe('token', () => {
  test('prints a token that the API takes, and nothing else; --header and --json print what their names say', async () => {
    const { local, run } = await start()
    const plain = await run(['token', 'rehearsal', '--account', 'work', '--min-valid', '60'])
    expect(plain).toMatchObject({ exit: 0, err: '' })
    const token = plain.out.trimEnd()
    const me = await fetch(local.practice.url('/api/me'), { headers: { authorization: `Bearer ${token}` } })
    expect(me.status).toBe(200)
    expect((await run(['token', 'rehearsal', '--header'])).out).toBe(`Authorization: Bearer ${token}\n`)
    const json = JSON.parse((await run(['token', 'rehearsal', '--json'])).out)
    expect(json).toMatchObject({ accessToken: token, account: 'work', provider: 'rehearsal' })
  })

  test('at a terminal it says where the token now stands', async () => {
    const { run } = await start()
    expect((await run(['token', 'rehearsal'], { tty: true })).err).toContain('scrollback')
  })

  test('takes the key from standard input', async () => {
    const { local, key } = await start()
    const ran = await runKeyway(['--key-stdin', 'token', 'rehearsal'], { url: local.url, input: `${key}\n` })
    expect(ran).toMatchObject({ exit: 0, err: '' })
  })

  test('a missing scope needs a person: exit 10, the sentence, the next step and the link; --json the whole answer', async () => {
    const { local, run } = await start()
    const ran = await run(['token', 'rehearsal', '--scopes', 'files.read,mail.send', '--json'])
    expect(ran.exit).toBe(errorTable.scope_missing.exit)
    expect(ran.err).toContain(`${errorTable.scope_missing.sentence} (scope_missing)`)
    expect(ran.err).toContain(`${local.url}/api/integrations/rehearsal/connect?ticket=`)
    expect(JSON.parse(ran.out)).toMatchObject({ code: 'scope_missing', nextStep: expect.any(String) })
  })

  test('an account is found by its name; one that nobody connected is not replaced by another', async () => {
    const { local, run } = await start()
    await local.signIn('bob@example.test', 'home')
    for (const account of ['work', 'home']) {
      expect(
        JSON.parse((await run(['token', 'rehearsal', '--account', account, '--json'])).out),
      ).toMatchObject({ account })
    }
    const unknown = await run(['token', 'rehearsal', '--account', 'nobody'])
    expect(unknown).toMatchObject({
      exit: 4,
      out: '',
      err: expect.stringContaining('(connection_not_found)'),
    })
  })

  test('several accounts and a key that sees no default among them: exit 2, and they are listed', async () => {
    const { local } = await start()
    const ids = [
      await local.signIn('bob@example.test', 'home'),
      await local.signIn('eve@example.test', 'lab'),
    ]
    const grants = ids.map((connectionId) => ({
      target: { kind: 'connection' as const, connectionId },
      token: true,
    }))
    const ran = await runKeyway(['token', 'rehearsal'], { url: local.url, key: local.addApp({ grants }) })
    expect(ran).toMatchObject({ exit: 2, err: expect.stringContaining('Accounts: home, lab') })
  })
})

describe('what keeps it from asking', () => {
  test.each([
    ['no key', {}, 3, 'KEYWAY_KEY holds no app key. (unauthorized)'],
    ['what is no key', { key: 'hunter2-made-up' }, 3, 'not an app key'],
    ['a key nobody issued', { key: `kw_${'A'.repeat(43)}` }, 3, 'unauthorized'],
  ])('%s', async (_, options, exit, sentence) => {
    const { local } = await start()
    const ran = await runKeyway(['token', 'rehearsal'], { url: local.url, ...options })
    expect(ran).toMatchObject({ exit, out: '', err: expect.stringContaining(sentence) })
    expect(ran.err).not.toContain('hunter2')
    expect(ran.err).not.toContain('AAAA')
  })

  test('nobody listens: try again later; something else listens: said so', async () => {
    const key = `kw_${'A'.repeat(43)}`
    const other = await startUpstream((_request, response) => void response.end('<html>hello'))
    const strange = await runKeyway(['whoami'], { url: other.url, key })
    expect(strange).toMatchObject({ exit: 1, err: expect.stringContaining('not Keyway') })
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const nobody = await runKeyway(['whoami'], { url: `http://127.0.0.1:${port}`, key })
    expect(nobody).toMatchObject({ exit: 13, err: expect.stringContaining('(keyway_unreachable)') })
  })

  test.each(['https://keyway.example', 'http://10.0.0.1:7317', 'http://x:secretpart@127.0.0.1', 'nonsense'])(
    'the key is sent to this machine only, not to %s',
    async (url) => {
      const ran = await runKeyway(['whoami'], { url, key: `kw_${'A'.repeat(43)}` })
      expect(ran).toMatchObject({ exit: 2, err: expect.stringContaining('KEYWAY_URL') })
      expect(ran.err).not.toContain('secretpart')
    },
  )

  test.each([
    [['token'], 'missing required argument'],
    [['token', 'rehearsal', '--min-valid', 'soon'], 'min-valid: Whole seconds.'],
    [['token', '../x'], 'provider:'],
    [['request', 'rehearsal', 'BREW', '/'], 'method:'],
    [['request', 'rehearsal', 'GET', '/', '-H', 'no colon hunter2'], '-H:'],
    [['request', 'rehearsal', 'GET', '/', '-H', 'Authorization: hunter2'], 'sets "authorization" itself'],
    [['request', 'rehearsal', 'POST', '/', '-d', '@/does/not/exist'], '/does/not/exist'],
    [['whoami', `--key=kw_hunter2${'A'.repeat(30)}`], "nknown option '--key'"],
    [['token', 'rehearsal', `kw_hunter2${'A'.repeat(30)}`], 'oo many arguments'],
    [['nonsense'], 'nknown command'],
  ])('%j is refused with exit 2 and what is wrong', async (argv, sentence) => {
    const { run } = await start()
    const ran = await run(argv)
    expect(ran).toMatchObject({ exit: 2, out: '' })
    expect(ran.err.toLowerCase()).toContain(sentence.toLowerCase())
    expect(ran.err).not.toContain('hunter2')
  })
})

describe('request', () => {
  async function behind(handler: Parameters<typeof startUpstream>[0]) {
    const { local, run } = await start()
    const upstream = await startUpstream(handler)
    local.keyway.providers.update(local.provider.id, {
      spec: { ...local.provider.overrides, api: { baseUrl: upstream.url } },
      allowedHosts: [upstream.host],
      privateHosts: [upstream.host],
    })
    return { run, upstream }
  }

  test('sends method, headers and a file as they are, with the token it never shows', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256))
    const file = join(tempFolder(), 'body.bin')
    writeFileSync(file, bytes)
    const { run } = await behind(async (request, response) => {
      const body = Buffer.concat(await request.toArray())
      const { authorization, 'content-type': type, 'x-made-up': own } = request.headers
      response.end(
        JSON.stringify({
          url: request.url,
          method: request.method,
          bearer: authorization?.startsWith('Bearer '),
          type,
          own,
          sha: createHash('sha256').update(body).digest('hex'),
        }),
      )
    })
    const argv = ['request', 'rehearsal', 'put', '/a b/ü?q=1#gone', '-H', 'X-Made-Up: 7']
    const ran = await run([...argv, '-H', 'Content-Type: application/octet-stream', '-d', `@${file}`])
    expect(ran).toMatchObject({ exit: 0, err: '' })
    expect(JSON.parse(ran.out)).toEqual({
      url: '/a%20b/%C3%BC?q=1',
      method: 'PUT',
      bearer: true,
      type: 'application/octet-stream',
      own: '7',
      sha: createHash('sha256').update(bytes).digest('hex'),
    })
  })

  test('text is JSON unless said otherwise, and - is standard input', async () => {
    const { run, upstream } = await behind(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      response.end(`${request.headers['content-type']} ${body}`)
    })
    expect((await run(['request', 'rehearsal', 'POST', 'x', '-d', '{"a":1}'])).out).toBe(
      'application/json {"a":1}',
    )
    const piped = await run(['request', 'rehearsal', 'POST', '/x', '-d', '-'], { input: '[2]' })
    expect(piped.out).toBe('application/json [2]')
    const absolute = await run(['request', 'rehearsal', 'POST', `${upstream.url}/x`, '-d', '{"a":"ü"}'])
    expect(absolute.out).toBe('application/json {"a":"ü"}')
  })

  test('a file of bytes arrives the same at every allowed host, streamed', async () => {
    const { local, run } = await start()
    const seen: Record<string, { sha: string; bytes: number; type: string | undefined }> = {}
    const take = (name: string) => async (request: IncomingMessage, response: ServerResponse) => {
      const body = Buffer.concat(await request.toArray())
      const sha = createHash('sha256').update(body).digest('hex')
      seen[name] = { sha, bytes: body.length, type: request.headers['content-type'] }
      response.end(`${name} ${request.method} ${request.url}`)
    }
    const first = await startUpstream(take('first'))
    const second = await startUpstream(take('second'))
    const third = await startUpstream(take('third'))
    local.keyway.providers.update(local.provider.id, {
      spec: { ...local.provider.overrides, api: { baseUrl: first.url } },
      allowedHosts: [first.host, second.host],
      privateHosts: [first.host, second.host],
    })
    for (const bytes of [randomBytes(4096), randomBytes(3_000_000), Buffer.from([0xff, 0xfe, 0, 0x80])]) {
      const file = join(tempFolder(), 'bytes.bin')
      writeFileSync(file, bytes)
      const sha = createHash('sha256').update(bytes).digest('hex')
      const octets = ['-H', 'Content-Type: application/octet-stream', '-d', `@${file}`]
      const here = await run(['request', 'rehearsal', 'POST', '/upload?x=1', ...octets])
      expect(here).toMatchObject({ exit: 0, out: 'first POST /upload?x=1' })
      const there = await run(['request', 'rehearsal', 'PUT', `${second.url}/up load?x=1`, ...octets])
      expect(there).toMatchObject({ exit: 0, out: 'second PUT /up%20load?x=1' })
      const type = 'application/octet-stream'
      expect(seen).toEqual({
        first: { sha, bytes: bytes.length, type },
        second: { sha, bytes: bytes.length, type },
      })
    }
    const refused = await run(['request', 'rehearsal', 'POST', `${third.url}/upload`, '-d', 'x'])
    expect(refused).toMatchObject({ exit: 3, err: expect.stringContaining('(target_not_allowed)') })
    expect(seen['third']).toBeUndefined()
  })

  test('streams: what the API has sent is printed while the API is still sending', async () => {
    let finish = (): void => undefined
    const { run } = await behind((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.write('first ')
      finish = () => void response.end('last')
    })
    const ran = await run(['request', 'rehearsal', 'GET', '/slow'], {
      onOutput: (text) => text === 'first ' && finish(),
    })
    expect(ran).toMatchObject({ exit: 0, out: 'first last' })
  })

  test('the API’s own refusal is printed as it is and told by the exit code; one cut short is a failure', async () => {
    const { run } = await behind((request, response) => {
      if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': '100' })
        response.write('half', () => response.destroy())
      } else response.writeHead(404).end('{"message":"nope"}')
    })
    const refused = await run(['request', 'rehearsal', 'GET', '/nope', '--include'])
    expect(refused).toMatchObject({ exit: 12, err: expect.stringContaining('HTTP 404') })
    expect(refused.out).toMatch(/^HTTP\/1\.1 404 Not Found\n[\s\S]*\n\n\{"message":"nope"\}$/)
    const cut = await run(['request', 'rehearsal', 'GET', '/cut'])
    expect(cut.exit).toBe(13)
    expect(cut.err).toContain('provider_unreachable')
  })

  test('another host is refused by Keyway, which is told apart from the API', async () => {
    const { run } = await start()
    const ran = await run(['request', 'rehearsal', 'GET', 'https://attacker.example/'])
    expect(ran).toMatchObject({ exit: 3, out: '', err: expect.stringContaining('(target_not_allowed)') })
  })

  test('an account may be named in any script', async () => {
    const { local, run } = await start()
    await local.signIn('bob@example.test', 'büro')
    const ran = await run(['request', 'rehearsal', 'GET', '/me', '--account', 'BÜRO'])
    expect(ran).toMatchObject({ exit: 0, out: expect.stringContaining('bob@example.test') })
  })
})

describe('connect and disconnect', () => {
  test('prints a link, waits for the person, says who signed in; disconnect says what the provider did', async () => {
    const { local, run } = await start({ grants: everything })
    const ran = await run(['connect', 'rehearsal', '--account', 'second', '--no-open'], {
      onOutput: (text) => {
        const link = /^(http\S+)\n$/.exec(text)?.[1]
        if (link === undefined) return
        void fetch(link, { redirect: 'manual' }).then((answer) =>
          signInWithHttp(answer.headers.get('location') ?? '', { account: 'bob@example.test' }),
        )
      },
    })
    expect(ran).toMatchObject({ exit: 0, out: expect.stringMatching(/\nConnected rehearsal as second\.\n$/) })
    const listed = await run(['connections'])
    expect(listed.out).toMatch(/^PROVIDER +ACCOUNT[^\n]*\nrehearsal +work +[^\n]*\nrehearsal +second/)

    const gone = await run(['disconnect', 'rehearsal', '--account', 'second'])
    expect(gone).toMatchObject({ exit: 0, out: expect.stringContaining('the provider revoked the grant') })
    await local.practice.close()
    const local2 = await run(['disconnect', 'rehearsal', '--json'])
    expect(JSON.parse(local2.out)).toEqual({
      disconnected: true,
      provider: 'rehearsal',
      revoked: 'local_only',
    })
    expect(JSON.parse((await run(['connections', '--json'])).out)).toEqual([])
  })

  test('a sign-in that the person refuses ends the wait with exit 10', async () => {
    const { run } = await start()
    const ran = await run(['connect', 'rehearsal', '--account', 'second', '--no-open'], {
      onOutput: (text) => {
        const link = /^(http\S+)\n$/.exec(text)?.[1]
        if (link === undefined) return
        void fetch(link, { redirect: 'manual' }).then((answer) =>
          signInWithHttp(answer.headers.get('location') ?? '', {
            account: 'bob@example.test',
            decision: 'deny',
          } as never),
        )
      },
    })
    expect(ran).toMatchObject({ exit: 10, err: expect.stringContaining('(access_denied)') })
  })

  test('a provider with a device flow: the code for the person is shown, and the sign-in is waited for', async () => {
    const { local, run } = await start({ grants: everything })
    local.keyway.providers.update(local.provider.id, { flow: 'device_code' })
    const argv = ['connect', 'rehearsal', '--account', 'device', '--no-open']
    const ran = await run(argv, {
      onOutput: (text) => {
        const [, userCode, address] = /^(\S+)\n(http\S+)\n$/.exec(text) ?? []
        if (userCode === undefined || address === undefined) return
        void approveDevice(address, { account: 'bob@example.test', userCode })
      },
    })
    expect(ran).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/\nConnected rehearsal as device\.\n$/),
      err: expect.stringMatching(/on any device and enter the code \S+ there/),
    })
    const json = await run([...argv.slice(0, 3), 'other', '--no-wait', '--json'])
    expect(JSON.parse(json.out)).toEqual({
      userCode: expect.any(String),
      verificationUri: expect.stringMatching(/^http/),
      expiresAt: expect.stringMatching(/^20/),
    })
  })

  test('a provider that Keyway signs in to itself: connected at once, and said to be without a person', async () => {
    const { local, run } = await start({ grants: everything })
    const { clientId, clientSecret } = local.practice.clients.basic
    local.keyway.providers.create(
      aProvider({
        slug: 'machine',
        clientId,
        clientSecret: clientSecret ?? '',
        flow: 'client_credentials',
        scopes: ['files.read'],
        spec: { discovery: { issuer: local.practice.issuer } },
      }),
    )
    const ran = await run(['connect', 'machine', '--account', 'robot'])
    expect(ran).toMatchObject({ exit: 0, err: '' })
    expect(ran.out).toBe(
      'Connected machine as robot: the provider gave Keyway its own token, without a person.\n',
    )
    const again = await run(['connect', 'machine', '--account', 'robot', '--no-wait', '--json'])
    expect(JSON.parse(again.out)).toMatchObject({ connected: true, provider: 'machine', account: 'robot' })

    local.keyway.providers.create(
      aProvider({
        slug: 'refused',
        clientId,
        clientSecret: 'not the right one',
        flow: 'client_credentials',
        spec: { discovery: { issuer: local.practice.issuer } },
      }),
    )
    const refused = await run(['connect', 'refused', '--no-wait'])
    expect(refused).toMatchObject({ exit: 12, err: expect.stringContaining('(config_error)') })
  })

  test('where nothing is connected there is nothing to disconnect', async () => {
    const { local, run } = await start({ grants: everything })
    expect((await run(['disconnect', 'rehearsal'])).exit).toBe(0)
    const ran = await run(['disconnect', 'rehearsal'])
    expect(ran).toMatchObject({ exit: 4, out: '' })
    expect(ran.err).toBe(
      'keyway: Nothing is connected at rehearsal, so there is nothing to disconnect. (connection_not_found)\n' +
        'Run "keyway connections" to list them.\n',
    )
    expect(await run(['disconnect', 'rehearsal', '--account', 'work'])).toMatchObject({ exit: 4 })
    expect(await run(['disconnect', 'nosuch'])).toMatchObject({ exit: 4 })
    const answer = await local.ask('/api/integrations/rehearsal/connection', {
      key: local.addApp(),
      method: 'DELETE',
    })
    expect(answer).toMatchObject({ status: 404, body: { code: 'connection_not_found' } })
    expect(answer.body).not.toHaveProperty('connectUrl')
  })

  test('what a person should do next is said in words of the terminal', async () => {
    const { run } = await start()
    await run(['disconnect', 'rehearsal'])
    const token = await run(['token', 'rehearsal'])
    expect(token).toMatchObject({ exit: 10, err: expect.stringContaining('Run "keyway connect <provider>"') })
    const json = JSON.parse((await run(['token', 'rehearsal', '--json'])).out)
    expect(json.nextStep).toMatch(/^Run "keyway connect/)
    expect(`${token.err}${json.nextStep}`).not.toMatch(/GET \/|\/api\/integration-|Keyway-Account|connectUrl/)
  })

  test('a QR code stands beside the link at a terminal, and only there', async () => {
    const { run } = await start()
    const argv = ['connect', 'rehearsal', '--no-open', '--no-wait']
    expect((await run(argv, { tty: true })).out).toContain('█')
    expect((await run(argv)).out).toMatch(/^http:\S+\n$/)
  })
})

describe('pair', () => {
  const decide = (local: RealLocal, answer: 'always' | 'deny') => (text: string) => {
    const [question] = local.keyway.approvals.list()
    if (question?.kind !== 'pair') return
    expect(text).toContain(question.code)
    local.keyway.approvals.decide(question.id, answer)
  }

  test('shows the code, waits for the yes and prints just the key, which works as far as was asked', async () => {
    const { local } = await start()
    const ran = await runKeyway(['pair', 'Script', '--for', 'rehearsal', '--token'], {
      url: local.url,
      onError: decide(local, 'always'),
    })
    expect(ran.exit).toBe(0)
    expect(ran.out).toMatch(/^kw_[\w-]{43}\n$/)
    const me = await runKeyway(['whoami'], { url: local.url, key: ran.out.trim() })
    expect(me.out).toMatch(/^Script \(/)
    expect(me.out).toContain('tokens and requests')
  })

  test('it is said what was granted, and which provider is not registered', async () => {
    const { local } = await start()
    const argv = ['pair', 'Script', '--for', 'rehearsal', '--for', 'nosuch', '--token']
    const ran = await runKeyway(argv, { url: local.url, onError: decide(local, 'always') })
    expect(ran).toMatchObject({ exit: 0, out: expect.stringMatching(/^kw_[\w-]{43}\n$/) })
    expect(ran.err).toContain('It may use: rehearsal (tokens and requests).\n')
    expect(ran.err).toContain('Not registered in Keyway, so nothing was granted for it: nosuch.\n')

    const none = await runKeyway(['pair', 'Other', '--for', 'nosuch', '--json'], {
      url: local.url,
      onError: decide(local, 'always'),
    })
    expect(none).toMatchObject({ exit: 0, err: expect.stringContaining('It may do nothing yet.\n') })
    expect(JSON.parse(none.out)).toMatchObject({ granted: [], unregistered: ['nosuch'] })
  })

  test('--save keeps the key in a new file that only its owner reads, and prints none', async () => {
    const { local } = await start()
    const file = join(tempFolder(), 'key')
    const argv = ['pair', 'Script', '--manage', '--save', file]
    const ran = await runKeyway(argv, { url: local.url, onError: decide(local, 'always') })
    expect(ran.exit).toBe(0)
    expect(ran.out + ran.err).not.toMatch(/kw_/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const used = await runKeyway(['providers', '--key-stdin', '--json'], {
      url: local.url,
      input: readFileSync(file, 'utf8'),
    })
    expect(JSON.parse(used.out)).toMatchObject([{ slug: 'rehearsal', hasClientSecret: true }])
    const again = await runKeyway(argv, { url: local.url })
    expect(again).toMatchObject({ exit: 2, err: expect.stringContaining('is there already') })
    expect(local.keyway.approvals.list()).toEqual([])
  })

  test('a no leaves no file and no key', async () => {
    const { local } = await start()
    const file = join(tempFolder(), 'key')
    const ran = await runKeyway(['pair', 'Script', '--save', file], {
      url: local.url,
      onError: decide(local, 'deny'),
    })
    expect(ran).toMatchObject({ exit: 3, out: '', err: expect.stringContaining('(approval_denied)') })
    expect(existsSync(file)).toBe(false)
  })
})

test('status needs no key and tells whether the vault is open', async () => {
  const { local } = await start()
  const ran = await runKeyway(['status'], { url: local.url })
  expect(ran).toMatchObject({ exit: 0, out: `Keyway answers at ${local.url}; its vault is unlocked.\n` })
  local.opened.vault.lock()
  const locked = JSON.parse((await runKeyway(['status', '--json'], { url: local.url })).out)
  expect(locked).toMatchObject({ url: local.url, vault: 'locked' })
})

test('a key file that cannot be written is refused before anybody is asked', async () => {
  const { local } = await start()
  const file = join(tempFolder(), 'missing', 'key')
  const ran = await runKeyway(['pair', 'X', '--save', file], { url: local.url })
  expect(ran).toMatchObject({ exit: 2, err: expect.stringContaining('ENOENT') })
  expect(local.keyway.approvals.list()).toEqual([])
})
