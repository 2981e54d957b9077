import { describe, expect, test } from 'vitest'
import { findChromium } from '../../support/chromium.ts'
import { readLaunchArguments } from '../../support/electron-stand-in/launch-arguments.ts'
import { createCloneText } from '../../support/electron-stand-in/page/clone-text.ts'
import { createCustomSchemes } from '../../support/electron-stand-in/session/custom-scheme.ts'
import { strict } from '../../support/electron-stand-in/strict.ts'
import { toPageHeaders } from '../../support/electron-stand-in/window/response-policy.ts'

describe('the text that carries IPC arguments', () => {
  const { encode, decode } = createCloneText()

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['numbers JSON does not know', [Number.NaN, Number.NEGATIVE_INFINITY, -0, 1.5]],
    ['a big integer', 2n ** 70n],
    ['a date', new Date(1_700_000_000_000)],
    ['a pattern', /a+b/giu],
    ['maps and sets inside each other', new Map([[{ key: 1 }, new Set([[new Map()]])]])],
    ['bytes', new Uint8Array([0, 127, 255])],
    ['wide numbers', new Float64Array([1.25, -3])],
    ['a buffer', new Uint8Array([1, 2, 3]).buffer],
    ['text beyond ASCII', { 'ключ 🔑': '\u2028 ü' }],
    ['a key that means something to objects', JSON.parse('{"__proto__": {"isAdmin": true}}') as unknown],
  ])('keeps %s', (_name, value) => {
    expect(decode(encode(value))).toStrictEqual(value)
  })

  test('keeps an error with its name, and a Buffer as bytes', () => {
    const error = decode(encode(new RangeError('far')))
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toHaveProperty('message', 'far')
    expect(decode(encode(Buffer.from('ab')))).toStrictEqual(new Uint8Array([97, 98]))
  })

  test('keeps identity and cycles', () => {
    const shared = { name: 'shared' }
    const value: Record<string, unknown> = { first: shared, second: [shared] }
    value['self'] = value
    const copy = decode(encode(value)) as { first: unknown; second: unknown[]; self: unknown }
    expect(copy.self).toBe(copy)
    expect(copy.second[0]).toBe(copy.first)
  })

  test.each([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a promise', Promise.resolve()],
    ['a function deep inside', { list: [{ call: () => 1 }] }],
    ['a weak map', new WeakMap()],
  ])('refuses %s', (_name, value) => {
    expect(() => encode(value)).toThrow('An object could not be cloned.')
  })
})

describe('custom schemes', () => {
  const schemes = createCustomSchemes()
  schemes.register([{ scheme: 'app', privileges: { standard: true, secure: true } }])

  test.each([
    ['app://keyway/index.html?a=1#b', 'https://keyway.app.stand-in.invalid/index.html?a=1#b'],
    ['app://keyway', 'https://keyway.app.stand-in.invalid'],
  ])('%s has an address in Chromium and comes back from it', (appUrl, pageUrl) => {
    expect(schemes.toPage(appUrl)).toBe(pageUrl)
    expect(schemes.toApp(pageUrl)).toBe(appUrl)
    expect(schemes.schemeOf(pageUrl)).toBe('app')
  })

  test.each([
    'https://example.com/',
    'file:///a/b',
    'other://keyway/',
    'https://keyway.app.stand-in.invalid.evil.example/',
    'https://evil.example/?x=https://keyway.app.stand-in.invalid/',
  ])('%s is nobody else', (url) => {
    expect(schemes.toPage(url)).toBe(url)
    expect(schemes.toApp(url)).toBe(url)
    expect(schemes.schemeOf(url)).toBe(null)
  })

  test('what the stand-in cannot serve truthfully is refused', () => {
    expect(() => schemes.toPage('app://./index.html')).toThrow('cannot serve the host of app://./index.html')
    expect(() => schemes.register([{ scheme: 'plain', privileges: { secure: true } }])).toThrow('plain:')
    expect(() =>
      schemes.register([{ scheme: 'loose', privileges: { standard: true, secure: true, bypassCSP: true } }]),
    ).toThrow('loose:')
  })

  test('a policy is translated, kept in one header, and joined by the one against popups in documents only', () => {
    const headers = [
      {
        name: 'Content-Security-Policy',
        value: "default-src app://keyway app: https://app:1; img-src 'self'",
      },
      { name: 'X-Other', value: 'app:' },
    ]
    const policy =
      "default-src https://keyway.app.stand-in.invalid https://*.app.stand-in.invalid https://app:1; img-src 'self'"
    expect(toPageHeaders(headers, schemes, { isDocument: false })).toEqual([
      { name: 'X-Other', value: 'app:' },
      { name: 'content-security-policy', value: policy },
    ])
    const [, inDocument] = toPageHeaders(headers, schemes, { isDocument: true })
    expect(inDocument?.value).toMatch(/^sandbox [a-z -]+, default-src /)
    expect(inDocument?.value).not.toContain('allow-popups')
    expect(inDocument?.value.endsWith(policy)).toBe(true)
  })
})

describe('the command line', () => {
  test('of a person: switches, the app, its arguments', () => {
    expect(readLaunchArguments('/e', ['--user-data-dir=/d=1', '.', 'keyway://x', '--hidden'])).toEqual({
      appPath: '.',
      processArgv: ['/e', '--user-data-dir=/d=1', '.', 'keyway://x', '--hidden'],
      switches: new Map([
        ['user-data-dir', '/d=1'],
        ['hidden', ''],
      ]),
      requires: [],
      isDriven: false,
    })
  })

  test('of Playwright: its own switches are not the business of the app', () => {
    const args = [
      '--no-sandbox',
      '--inspect=0',
      '--remote-debugging-port=0',
      '-r',
      '/recorder.cjs',
      '/app',
      '--x',
    ]
    expect(readLaunchArguments('/e', args)).toMatchObject({
      appPath: '/app',
      processArgv: ['/e', '-r', '/recorder.cjs', '/app', '--x'],
      requires: ['/recorder.cjs'],
      isDriven: true,
    })
  })

  test('without an app there is none', () => {
    expect(readLaunchArguments('/e', ['--version']).appPath).toBe(null)
  })
})

describe('an object that knows its members', () => {
  test('throws for what it does not have, and is otherwise the object itself', async () => {
    const target = strict('thing', { known: 1, later: undefined })
    target.known = 2
    expect(target.known).toBe(2)
    expect(target.later).toBe(undefined)
    expect(() => Reflect.get(target, 'unknown')).toThrow('The Electron stand-in has no thing.unknown.')
    expect(() => Reflect.set(target, 'unknown', 1)).toThrow('The Electron stand-in has no thing.unknown.')
    expect(await Promise.resolve(target)).toBe(target)
    expect(JSON.stringify(target)).toBe('{"known":2}')
  })
})

describe('the search for Chromium', () => {
  test('says what to do when the chosen one is not there', () => {
    expect(() => findChromium({ KEYWAY_CHROMIUM: '/nowhere/chromium' })).toThrow(
      'KEYWAY_CHROMIUM is /nowhere/chromium, which is not the absolute path of a program that can be run.',
    )
  })

  test('takes the chosen one before any other', () => {
    expect(findChromium({ KEYWAY_CHROMIUM: process.execPath, PATH: '/usr/bin' })).toBe(process.execPath)
  })
})
