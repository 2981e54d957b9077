// One contract for both hosts of the window: what Electron's IPC answers, the HTTP bridge answers too, field
// by field.
import { expect, test } from 'vitest'
import { uiCalls, type UiResult } from '../../shared/contract/ui-api.ts'
import { anApp, aProvider } from '../support/builders.ts'
import { desktopCalls, headlessCalls, type WindowCall } from '../support/window-hosts.ts'
import { startConnected, startTestKeyway } from '../support/start-keyway.ts'

const names = Object.keys(uiCalls) as Array<keyof typeof uiCalls>

/** Both hosts over one core; the answers of both to the same call. */
async function bothHosts(): Promise<{
  ask: (name: string, input?: unknown) => Promise<{ desktop: UiResult<unknown>; headless: UiResult<unknown> }>
}> {
  const { keyway } = await startConnected()
  const desktop = desktopCalls(keyway).call
  const headless = (await headlessCalls(keyway)).call
  return {
    ask: async (name, input) => ({
      desktop: await desktop(name, input),
      headless: await headless(name, input),
    }),
  }
}

const hostile = ['text', 7, [], { unexpected: true }, { id: 7 }, { id: { $ne: '' } }, { id: '' }]

test.each(names)('%s refuses the same bad inputs with the same words on both hosts', async (name) => {
  const { ask } = await bothHosts()
  const refused = hostile.filter((input) => !uiCalls[name].input.safeParse(input).success)
  expect(refused.length).toBeGreaterThan(0)
  for (const input of refused) {
    const { desktop, headless } = await ask(name, input)
    expect(desktop).toEqual(headless)
    expect(desktop).toMatchObject({
      ok: false,
      failure: { code: 'invalid_request', field: expect.any(String), nextStep: expect.any(String) },
    })
  }
})

test.each<[string, unknown, string]>([
  ['settings.update', { port: 80 }, 'port'],
  ['settings.update', { unknown: true }, 'unknown'],
  ['providers.create', { ...aProvider(), slug: 'Not A Slug' }, 'slug'],
  ['providers.create', { ...aProvider(), name: undefined }, 'name'],
  [
    'providers.update',
    { id: 'p', patch: { spec: { endpoints: { token: 'nowhere' } } } },
    'patch.spec.endpoints.token',
  ],
  ['apps.create', { name: '', grants: [] }, 'name'],
  ['connections.rename', { id: 'c', account: '' }, 'account'],
  ['vault.changePassphrase', { current: 'x' }, 'next'],
  ['snapshot.get', 'unexpected', 'input'],
])('%s with %j names its field %s on both hosts', async (name, input, field) => {
  const { ask } = await bothHosts()
  const { desktop, headless } = await ask(name, input)
  expect(desktop).toEqual(headless)
  expect(desktop).toMatchObject({ ok: false, failure: { code: 'invalid_request', field } })
})

test.each(['no.such.call', 'constructor', '__proto__', 'x'.repeat(100), 'vault.lock\u0000'])(
  'a call that does not exist (%j) is not found on both hosts',
  async (name) => {
    const { ask } = await bothHosts()
    const { desktop, headless } = await ask(name)
    expect(desktop).toEqual(headless)
    expect(desktop).toMatchObject({ ok: false, failure: { code: 'not_found' } })
  },
)

test.each<[string, unknown]>([
  ['snapshot.get', undefined],
  ['presets.list', undefined],
  ['browsers.list', undefined],
  ['activity.query', {}],
  ['activity.verify', undefined],
  ['providers.redirectPlan', { draft: { redirect: 'auto' } }],
  ['providers.export', { id: 'unknown' }],
  ['providers.doctor', { id: 'unknown' }],
  ['connections.report', { id: 'unknown' }],
  ['connections.setDefault', { id: 'unknown' }],
  ['connections.disconnect', { id: 'unknown' }],
  ['flows.cancel', { id: 'unknown' }],
  ['flows.dismiss', { id: 'unknown' }],
  ['apps.rotateKey', { id: 'unknown' }],
  ['apps.remove', { id: 'unknown' }],
  ['approvals.decide', { id: 'unknown', decision: 'deny' }],
  ['vault.initialise', { protector: 'passphrase', passphrase: 'a second vault' }],
  ['vault.changePassphrase', { current: 'not this one', next: 'something longer' }],
  ['rehearsal.state', undefined],
])('%s answers %j alike on both hosts', async (name, input) => {
  const { ask } = await bothHosts()
  const { desktop, headless } = await ask(name, input)
  // The server's address is told by whoever listens, and the second host began to listen in between.
  expect(withoutServer(desktop)).toEqual(withoutServer(headless))
})

test('calls that change something change the same on both hosts', async () => {
  const changes: Array<[string, unknown]> = [
    ['providers.create', { ...aProvider({ slug: 'other', name: 'Other' }) }],
    ['providers.create', { ...aProvider({ slug: 'other', name: 'Other' }) }],
    ['apps.create', anApp()],
    ['settings.update', { theme: 'dark' }],
    ['vault.lock', undefined],
    ['apps.create', anApp({ name: 'Second' })],
    ['vault.unlock', { passphrase: 'wrong one' }],
    ['vault.unlock', { passphrase: 'correct horse battery staple' }],
  ]
  const desktop = desktopCalls((await startTestKeyway()).keyway).call
  const headless = (await headlessCalls((await startTestKeyway()).keyway)).call
  const answers = async (call: WindowCall): Promise<unknown[]> => {
    const all: unknown[] = []
    for (const [name, input] of changes) all.push(masked(await call(name, input)))
    return all
  }
  const [fromDesktop, fromHeadless] = [await answers(desktop), await answers(headless)]
  expect(fromDesktop).toEqual(fromHeadless)
  expect(fromDesktop.map((answer) => (answer as UiResult<unknown>).ok)).toEqual([
    true,
    false,
    true,
    true,
    true,
    expect.any(Boolean),
    false,
    true,
  ])
})

function withoutServer(answer: UiResult<unknown>): unknown {
  return JSON.parse(
    JSON.stringify(answer, (key, value: unknown) => (key === 'server' ? undefined : value)).replaceAll(
      /http:\/\/127\.0\.0\.1:\d+/g,
      'http://127.0.0.1',
    ),
  )
}

/** Keys and ids are random. */
function masked(answer: UiResult<unknown>): unknown {
  return JSON.parse(
    JSON.stringify(answer).replaceAll(/kw_[\w-]+|\b(?:prv|app|key)_\w+|127\.0\.0\.1:\d+/g, '…'),
  )
}
