// A program with a shell plays the person: it opens the window of the running Keyway by every way there is,
// and tries to answer for them.
import { mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, expect, test, vi } from 'vitest'
import type { presenceMarks } from '../../shared/contract/presence-marks.ts'
import { buildHost, startHost, untilReady, type HostProcess } from '../support/host-process.ts'
import { BrowserWindow, recordingBrowser, runProgram } from '../support/shell-agent.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { signInWithHttp } from '../support/user-agent.ts'

const PASSPHRASE = 'a made-up passphrase'

beforeAll(buildHost, 180_000)
// Many processes one after the other; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 })

type Running = { data: string; host: HostProcess; url: string; person: BrowserWindow }

async function running(...more: string[]): Promise<Running> {
  const data = join(tempFolder(), 'data')
  const parameters = ['--data', data, '--no-open', '--passphrase-stdin', '--port', '0', ...more]
  const host = startHost(parameters, { input: `${PASSPHRASE}\n` })
  const { url, launchUrl } = await untilReady(host)
  return { data, host, url, person: await BrowserWindow.open(launchUrl) }
}

/** By which the agent comes to a link. */
const ways = {
  'keyway open with its own $BROWSER': async (data: string) => {
    const browser = recordingBrowser()
    const ran = await runProgram('cli', ['open', '--data', data], { BROWSER: browser.command })
    expect(ran).toMatchObject({ exit: 0, err: '' })
    expect(ran.out).not.toContain('ticket')
    return browser.opened()
  },
  'keyway open --print': async (data: string) => {
    const { exit, out } = await runProgram('cli', ['open', '--print'], { KEYWAY_DATA: data })
    expect(exit).toBe(0)
    return out.trim()
  },
  'a second start with its own $BROWSER': async (data: string) => {
    const browser = recordingBrowser()
    const ran = await runProgram('host', ['--data', data], { BROWSER: browser.command })
    expect(ran).toMatchObject({ exit: 0, err: '' })
    expect(ran.out).not.toContain('ticket')
    return browser.opened()
  },
  'a second start without a browser': async (data: string) => {
    const { exit, out } = await runProgram('host', ['--data', data, '--no-open'])
    expect(exit).toBe(0)
    return /http:\/\/\S+\/launch\?ticket=\S+/.exec(out)?.[0] ?? ''
  },
  'the socket itself': async (data: string) => {
    const answer = await overSocket(data)
    return (JSON.parse(answer.body) as { data: { url: string } }).data.url
  },
}

test.each(Object.entries(ways))(
  '%s: the window may look, and answers nothing until it is proved',
  async (_way, link) => {
    const { data, url, person } = await running()
    const key = await connectedApp(person)
    const token = fetch(`${url}/api/integrations/token`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ provider: 'rehearsal' }),
    })
    const agent = await BrowserWindow.open(await link(data))
    const question = await untilAsked(agent)

    const refused = await agent.ask('approvals.decide', { id: question, decision: 'once' })
    expect(refused).toMatchObject({
      status: 403,
      body: { ok: false, failure: { code: 'presence_required', methods: ['passphrase'] } },
    })
    expect(refused.body.failure.nextStep).not.toBe('')
    for (const [name, input] of widening) {
      const { status, body } = await agent.ask(name, input)
      expect({ name, status, code: body.failure?.code }).toEqual({
        name,
        status: 403,
        code: 'presence_required',
      })
    }
    expect((await agent.call('snapshot.get')).approvals).toHaveLength(1)

    // The positive control: the same window after the proof.
    expect(await agent.ask('presence.prove', { passphrase: 'not the passphrase' })).toMatchObject({
      body: { ok: false, failure: { code: 'wrong_passphrase' } },
    })
    const before = BrowserWindow.with(url, agent.session)
    expect(await agent.call('presence.prove', { passphrase: PASSPHRASE })).toMatchObject({ present: true })
    // Whoever shares the session that was proved has proved nothing.
    expect((await before.ask('approvals.decide', { id: question, decision: 'once' })).body.ok).toBe(false)
    expect(await agent.ask('approvals.decide', { id: question, decision: 'once' })).toMatchObject({
      status: 200,
    })
    expect((await token).status).toBe(200)

    // Nor does the proof outlive a lock.
    await agent.call('vault.lock')
    await person.call('vault.unlock', { passphrase: PASSPHRASE })
    expect((await agent.ask('apps.create', { name: 'Another', grants: [] })).status).toBe(403)
    expect((await person.ask('apps.create', { name: 'Another', grants: [] })).status).toBe(200)
  },
)

test('a window from a shell can take rights away: deny, pause, lock, remove', async () => {
  const { data, url, person } = await running()
  const key = await connectedApp(person)
  const agent = await BrowserWindow.open(await ways['keyway open --print'](data))
  const token = fetch(`${url}/api/integrations/rehearsal/token`, { headers: { 'x-api-key': key } })
  const { status } = await agent.ask('approvals.decide', { id: await untilAsked(agent), decision: 'deny' })
  expect(status).toBe(200)
  expect((await token).status).toBe(403)
  const [app] = (await agent.call('snapshot.get')).apps
  expect(await agent.call('apps.update', { id: app.id, patch: { paused: true } })).toMatchObject({
    paused: true,
  })
  expect((await agent.ask('apps.update', { id: app.id, patch: { paused: false } })).status).toBe(403)
  expect((await agent.ask('apps.update', { id: app.id, patch: { paused: true, manage: true } })).status).toBe(
    403,
  )
  await agent.call('apps.remove', { id: app.id })
  await agent.call('vault.lock')
})

test('unlocking proves it by the passphrase only, and not on the back of somebody else’s unlock', async () => {
  const { data, person } = await running()
  const agent = await BrowserWindow.open(await ways['keyway open --print'](data))
  // The vault is open, so an unlock with anything would do nothing and succeed.
  expect((await agent.ask('vault.unlock', { passphrase: 'anything' })).body).toMatchObject({
    ok: false,
    failure: { code: 'wrong_passphrase' },
  })
  expect((await agent.ask('vault.unlock', {})).status).toBe(403)
  await person.call('vault.lock')
  const [theirs, its] = await Promise.all([
    person.ask('vault.unlock', { passphrase: PASSPHRASE }),
    agent.ask('vault.unlock', { passphrase: 'anything' }),
  ])
  expect([theirs.body.ok, its.body.ok]).toEqual([true, false])
  expect((await agent.ask('apps.create', { name: 'Agent', grants: [] })).status).toBe(403)
  expect((await agent.ask('vault.unlock', { passphrase: PASSPHRASE })).body.ok).toBe(true)
  expect((await agent.ask('apps.create', { name: 'Person', grants: [] })).status).toBe(200)
})

test('each link and each proof, right or wrong, stands in the activity, and present windows are told', async () => {
  const { data, url, person } = await running()
  const told = await listenTo(person)
  const agent = await BrowserWindow.open(await ways['keyway open --print'](data))
  const toldAgent = await listenTo(agent)
  await agent.ask('presence.prove', { passphrase: 'wrong one' })
  await agent.ask('presence.prove', { passphrase: PASSPHRASE })
  await told.until(/presenceNotice.*\n.*"proved"/)
  expect(told.kinds()).toEqual(['link-made', 'refused', 'proved'])
  // It hears of nothing before it is present.
  expect(toldAgent.kinds()).toEqual([])
  const rows = async (): Promise<string[]> =>
    ((await person.call('activity.query', { kind: 'system' })) as Array<{ outcome: string; note: string }>)
      .filter(({ note }) => note.includes('shell'))
      .map(({ outcome }) => outcome)
  while ((await rows()).length < 3) await pause(20)
  expect((await rows()).toReversed()).toEqual(['ok', 'refused', 'ok'])
  expect(url).not.toBe('')
})

test('the link is asked for at the socket alone: not over TCP, not with an app key, not by a page', async () => {
  const { data, url, person } = await running()
  const key = (await person.call('apps.create', { name: 'App', grants: [], manage: true, approve: true })).key
  for (const headers of [{}, { 'x-api-key': key }, { origin: url }]) {
    const answer = await fetch(`${url}/window/open`, { method: 'POST', headers })
    expect(answer.status).toBe(404)
    expect(await answer.text()).not.toContain('ticket')
  }
  expect((await overSocket(data, { 'x-api-key': key })).status).toBe(403)
  expect((await overSocket(data, { authorization: `Bearer ${key}` })).status).toBe(403)
  expect((await overSocket(data, { origin: 'http://localhost' })).status).toBe(403)
  expect((await overSocket(data)).status).toBe(200)
  expect(othersMay(join(data, 'keyway.sock'))).toBe(0)
  const answers = await Promise.all(Array.from({ length: 30 }, () => overSocket(data)))
  expect(answers.map(({ status }) => status)).toContain(429)
})

test('keyway open says where nothing runs, and prints no stack and no link', async () => {
  const { exit, out, err } = await runProgram('cli', [
    'open',
    '--data',
    mkdtempSync(join(tempFolder(), 'none-')),
  ])
  expect({ exit, out }).toEqual({ exit: 13, out: '' })
  expect(err).toContain('keyway_unreachable')
  expect(err).toContain('Start Keyway')
})

test('windows stay signed in through kill -9 and a restart; what was proved does not', async () => {
  const { data, host, url, person } = await running()
  const agent = await BrowserWindow.open(await ways['keyway open --print'](data))
  await agent.call('presence.prove', { passphrase: PASSPHRASE })
  const secrets = [person, agent].flatMap(({ session }) => [
    session.cookie.split('=')[1] ?? '',
    session.proof,
  ])
  host.kill('SIGKILL')
  await host.ended
  const file = readFileSync(join(data, 'window-sessions.json'), 'utf8')
  for (const secret of secrets) expect(file).not.toContain(secret)
  expect(othersMay(join(data, 'window-sessions.json'))).toBe(0)
  const again = startHost(['--data', data, '--no-open', '--passphrase-stdin', '--port', new URL(url).port], {
    input: `${PASSPHRASE}\n`,
  })
  await untilReady(again)
  for (const window of [person, agent]) {
    expect((await window.ask('snapshot.get')).status).toBe(200)
    expect((await window.ask('apps.create', { name: 'App', grants: [] })).status).toBe(403)
    await window.call('presence.prove', { passphrase: PASSPHRASE })
    expect((await window.ask('apps.create', { name: 'App', grants: [] })).status).toBe(200)
  }
  expect(readdirSync(data).filter((name) => name.includes('kwtmp'))).toEqual([])
})

/** Windows has no such bits. */
const othersMay = (path: string): number => (process.platform === 'win32' ? 0 : statSync(path).mode & 0o077)

/**
 * Calls that widen a right, reveal or move a secret, or redirect where secrets go; inputs that the schema
 * takes.
 */
const widening: Array<[keyof typeof presenceMarks, unknown]> = [
  ['apps.create', { name: 'Agent', grants: [{ target: { kind: 'all' }, token: true }] }],
  ['apps.rotateKey', { id: 'app' }],
  ['apps.update', { id: 'app', patch: { approve: true } }],
  ['bundle.export', { passphrase: 'twelve characters' }],
  ['providers.update', { id: 'prv', patch: { clientSecret: 'mine' } }],
  ['settings.update', { proxyUrl: 'http://proxy.example.com:8080' }],
  ['settings.update', { extraCa: '-----BEGIN CERTIFICATE-----' }],
  ['settings.update', { notifications: false }],
  ['settings.update', { theme: 'dark', port: 7318 }],
  ['vault.changePassphrase', { current: PASSPHRASE, next: 'another passphrase' }],
  ['vault.migrate', { protector: 'passphrase', passphrase: 'another passphrase' }],
  ['vault.initialise', { protector: 'passphrase', passphrase: 'another passphrase' }],
  ['connections.testCall', { id: 'con' }],
  ['connections.setDefault', { id: 'con' }],
  ['flows.confirmAccount', { id: 'flow', answer: 'replace' }],
]

/** An app that asks at each use, and the connection it asks for. */
async function connectedApp(person: BrowserWindow): Promise<string> {
  await person.call('rehearsal.start')
  const [provider] = (await person.call('snapshot.get')).providers
  const flow = await person.call('connections.connect', { providerId: provider.id, open: 'link-only' })
  await signInWithHttp(flow.authorizationUrl, { account: 'ada@example.test' })
  const grants = [{ target: { kind: 'all' }, token: true, approval: 'ask' }]
  return (await person.call('apps.create', { name: 'Asks each time', grants })).key
}

async function untilAsked(window: BrowserWindow): Promise<string> {
  for (;;) {
    const [approval] = (await window.call('snapshot.get')).approvals
    if (approval !== undefined) return approval.id
    await pause(20)
  }
}

async function listenTo({ url, session }: BrowserWindow) {
  const answer = await fetch(`${url}/ui/events`, {
    headers: { cookie: session.cookie, 'x-keyway-window': session.proof },
  })
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  void (async () => {
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: '' }))
      if (done) return
      text += value
    }
  })()
  return {
    until: async (pattern: RegExp) => {
      while (!pattern.test(text)) await pause(10)
    },
    kinds: () =>
      [...text.matchAll(/event: presenceNotice\ndata: \{"kind":"([\w-]+)"/g)].map(([, kind]) => kind),
  }
}

function overSocket(
  data: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        socketPath: join(data, 'keyway.sock'),
        path: '/window/open',
        method: 'POST',
        headers: { host: 'localhost', ...headers },
      },
      (answer) => {
        let body = ''
        answer.on('data', (chunk) => (body += String(chunk)))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
      },
    )
    asking.on('error', reject)
    asking.end()
  })
}
