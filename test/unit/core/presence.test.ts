// Which calls require presence, and how it is proven if the vault has no passphrase: with a code that only
// the person sees.
import { PassThrough } from 'node:stream'
import type { WriteStream } from 'node:tty'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPresence, type WindowSession } from '../../../electron/core/presence/presence.ts'
import { dispatchCall, wantsPresence } from '../../../electron/core/ui/dispatch.ts'
import { showCodes } from '../../../electron/headless/terminal.ts'
import type { ActivityEntry } from '../../../shared/contract/activity.ts'
import type { PresenceNotice, ShownCode } from '../../../shared/contract/presence.ts'
import { presenceMarks } from '../../../shared/contract/presence-marks.ts'
import { appPatch } from '../../../shared/contract/app.ts'
import { settings } from '../../../shared/contract/settings.ts'
import { uiCalls, type UiCallName } from '../../../shared/contract/ui-api.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startTestKeyway } from '../../support/start-keyway.ts'

function keychainPresence() {
  const clock = createFakeClock()
  const rows: ActivityEntry[] = []
  const presence = createPresence({
    clock,
    activity: { append: (entry) => void rows.push(entry) },
    vault: {
      state: () => ({ kind: 'unlocked', protectors: [], wraps: ['os-keychain'] }),
      onChange: () => () => undefined,
      verifyPassphrase: () => Promise.reject(new Error('there is none')),
    },
  })
  const person = presence.newSession('person')
  const shell = presence.newSession('shell')
  const seen = {
    person: [] as ShownCode[],
    shell: [] as ShownCode[],
    notices: [] as PresenceNotice['kind'][],
  }
  presence.attach(person, {
    codes: (codes) => (seen.person = codes),
    notice: ({ kind }) => seen.notices.push(kind),
  })
  presence.attach(shell, { codes: (codes) => (seen.shell = codes), notice: () => expect.unreachable() })
  return { clock, rows, presence, person, shell, seen }
}

const proves = async (presence: ReturnType<typeof createPresence>, session: WindowSession, code: string) =>
  presence.check(session, { code }).then(
    () => 'proved',
    (error: { code: string }) => error.code,
  )

test('every call of the window is marked, and no mark is left of a call that is gone', () => {
  expect(Object.keys(presenceMarks).toSorted()).toEqual(Object.keys(uiCalls).toSorted())
})

test('calls that answer, give, reveal, move or redirect want presence, whatever they are given', () => {
  const always: UiCallName[] = [
    'vault.initialise',
    'vault.changePassphrase',
    'vault.migrate',
    'providers.create',
    'providers.update',
    'providers.import',
    'connections.connect',
    'connections.rename',
    'connections.setDefault',
    'connections.testCall',
    'flows.paste',
    'flows.openAgain',
    'flows.chooseResource',
    'apps.create',
    'apps.rotateKey',
    'bundle.export',
    'bundle.import',
    'rehearsal.start',
  ]
  for (const name of always) expect({ name, wants: wantsPresence(name, {}) }).toEqual({ name, wants: true })
})

test('what only takes a right away wants none; the same input with anything else in it does', () => {
  const decide = (decision: 'once' | 'ten_minutes' | 'always' | 'deny') =>
    wantsPresence('approvals.decide', { id: 'a', decision })
  expect(['once', 'ten_minutes', 'always', 'deny'].map((each) => decide(each as 'deny'))).toEqual([
    true,
    true,
    true,
    false,
  ])
  const update = (patch: unknown) => wantsPresence('apps.update', { id: 'a', patch: appPatch.parse(patch) })
  expect(
    [
      { paused: true },
      { manage: false },
      { approve: false },
      { grants: [] },
      { origins: [] },
      { paused: true, manage: false },
    ].map(update),
  ).toEqual([false, false, false, false, false, false])
  expect(
    [
      {},
      { paused: false },
      { manage: true },
      { approve: true },
      { name: 'Other' },
      { paused: true, approve: true },
      { grants: [{ target: { kind: 'all' } }] },
      { origins: ['https://a.example'] },
    ].map(update),
  ).toEqual(Array.from({ length: 8 }, () => true))
  expect(wantsPresence('flows.confirmAccount', { id: 'f', answer: 'discard' })).toBe(false)
  expect(wantsPresence('flows.confirmAccount', { id: 'f', answer: 'replace' })).toBe(true)
  expect(
    wantsPresence('providers.discover', { url: 'https://a.example', client: 'typed', extraCa: null }),
  ).toBe(false)
  expect(
    wantsPresence('providers.discover', { url: 'https://a.example', client: 'register', extraCa: null }),
  ).toBe(true)
})

test('of the settings only the theme is free', () => {
  const names = Object.keys(settings.shape)
  fc.assert(
    fc.property(fc.subarray(names), (given) => {
      const patch = Object.fromEntries(given.map((name) => [name, 'x']))
      expect(wantsPresence('settings.update', patch as never)).toBe(given.some((name) => name !== 'theme'))
    }),
  )
})

test('a code is shown where the person is, never to the window that asked, and opens that window alone', async () => {
  const { presence, person, shell, seen } = keychainPresence()
  const other = presence.newSession('shell')
  expect(presence.view(shell)).toEqual({
    present: false,
    methods: ['code'],
    codeAppears: ['window'],
    codeExpiresAt: null,
  })
  presence.showCode(shell)
  const [shown] = seen.person
  expect(shown?.code).toMatch(/^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}$/)
  expect(JSON.stringify([presence.view(shell), seen.shell, presence.codesFor(shell)])).not.toContain(
    shown?.code,
  )
  expect(presence.codesFor(person)).toEqual([shown])
  expect(await proves(presence, other, shown!.code)).toBe('wrong_code')
  expect(await proves(presence, shell, ` ${shown!.code.toLowerCase().replace('-', ' ')} `)).toBe('proved')
  expect(await proves(presence, shell, shown!.code)).toBe('wrong_code')
  expect(seen.person).toEqual([])
  expect(seen.notices).toEqual(['refused', 'proved', 'refused'])
})

test('a code lives for two minutes and takes three attempts; asking again shows the same one', async () => {
  const { presence, shell, seen, clock } = keychainPresence()
  presence.showCode(shell)
  const first = seen.person[0]!.code
  presence.showCode(shell)
  expect(seen.person.map(({ code }) => code)).toEqual([first])
  for (const attempt of ['AAAA-AAAA', 'AAAA-AAAB', 'AAAA-AAAC'])
    expect(await proves(presence, shell, attempt)).toBe('wrong_code')
  expect(await proves(presence, shell, first)).toBe('wrong_code')
  presence.showCode(shell)
  const second = seen.person[0]!.code
  expect(second).not.toBe(first)
  clock.advance(2 * 60_000)
  expect(seen.person).toEqual([])
  expect(await proves(presence, shell, second)).toBe('wrong_code')
  presence.showCode(shell)
  expect(await proves(presence, shell, seen.person[0]!.code)).toBe('proved')
})

test('wrong proofs are bounded for all windows together, and time gives them back', async () => {
  const { presence, seen, clock } = keychainPresence()
  const attempts: string[] = []
  for (let n = 0; n < 12; n += 1)
    attempts.push(await proves(presence, presence.newSession('shell'), 'AAAA-AAAA'))
  expect(attempts.filter((each) => each === 'wrong_code')).toHaveLength(10)
  expect(attempts.at(-1)).toBe('rate_limited')
  clock.advance(10 * 60_000)
  const shell = presence.newSession('shell')
  presence.showCode(shell)
  expect(await proves(presence, shell, seen.person[0]!.code)).toBe('proved')
})

test('codes and links are bounded too', () => {
  const { presence } = keychainPresence()
  const outcomes = (task: () => void): string[] =>
    Array.from({ length: 30 }, () => {
      try {
        task()
        return 'done'
      } catch (error) {
        return (error as { code: string }).code
      }
    })
  const limited = (task: () => void): number => outcomes(task).indexOf('rate_limited')
  expect(limited(() => presence.showCode(presence.newSession('shell')))).toBe(10)
  expect(limited(() => presence.linkMade())).toBe(20)
})

test('a proof ends after an hour in which nothing needed it, and is kept by use', () => {
  const { presence, shell, clock } = keychainPresence()
  presence.grant(shell)
  for (let n = 0; n < 5; n += 1) {
    clock.advance(59 * 60_000)
    presence.demand(shell)
  }
  clock.advance(60 * 60_000)
  expect(() => presence.demand(shell)).toThrow(expect.objectContaining({ code: 'presence_required' }))
})

test('where no code can be seen the failure says what helps', () => {
  const { presence, shell } = keychainPresence()
  const bare = createPresence({
    clock: createFakeClock(),
    activity: { append: () => undefined },
    vault: {
      state: () => ({ kind: 'uninitialised', protectors: [] }),
      onChange: () => () => undefined,
      verifyPassphrase: () => Promise.resolve(),
    },
  })
  const alone = bare.newSession('shell')
  expect(() => bare.showCode(alone)).toThrow(expect.objectContaining({ code: 'presence_required' }))
  expect(bare.view(alone).methods).toEqual([])
  expect(presence.view(shell).methods).toEqual(['code'])
})

test('a restored session is present no more than one from a shell', () => {
  const { presence } = keychainPresence()
  expect(
    ['person', 'shell', 'restored'].map((opened) =>
      presence.isPresent(presence.newSession(opened as 'shell')),
    ),
  ).toEqual([true, false, false])
})

test('codes are written to a terminal, once each, and never to a file or a pipe', () => {
  const { presence, shell } = keychainPresence()
  const [terminal, pipe] = [new PassThrough(), new PassThrough()]
  showCodes(Object.assign(terminal, { isTTY: true }) as unknown as WriteStream, presence)
  showCodes(pipe as unknown as WriteStream, presence)
  expect(presence.view(shell).codeAppears).toEqual(['window', 'terminal'])
  presence.showCode(shell)
  presence.showCode(shell)
  const shown = String(terminal.read())
  expect(shown.match(/[A-Z0-9]{4}-[A-Z0-9]{4}/g)).toHaveLength(1)
  expect(pipe.read()).toBeNull()
})

test('the window of the desktop is present, and a code for nobody is no failure there', async () => {
  const { keyway } = await startTestKeyway()
  const session = keyway.presence.newSession('person')
  const caller = { session, renewSession: () => session }
  expect(await dispatchCall(keyway, caller, 'presence.state', undefined)).toMatchObject({
    ok: true,
    value: { present: true },
  })
  expect(await dispatchCall(keyway, caller, 'apps.create', { name: 'App', grants: [] })).toMatchObject({
    ok: true,
  })
})
