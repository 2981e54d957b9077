import { describe, expect, test } from 'vitest'
import { findDeepLink, fileFor, parseDeepLink } from '../../../electron/desktop/app-protocol.ts'
import { externalUrl } from '../../../electron/desktop/app-protocol.ts'

describe('addresses that leave the window', () => {
  test.each(['https://example.com/a?b=c', 'http://127.0.0.1:7317/x', 'http://localhost:3000/'])(
    '%s goes to the system browser',
    (url) => {
      expect(externalUrl(url)).toBe(url)
    },
  )

  test.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://host/share',
    'http://example.com/',
    'https://user:pw@example.com/',
    'data:text/html,x',
    'x',
  ])('%s goes nowhere', (url) => {
    expect(externalUrl(url)).toBeNull()
  })
})

describe('keyway:// addresses', () => {
  test('a callback keeps its parameters', () => {
    const link = parseDeepLink('keyway://oauth2/callback?code=abc&state=xyz')
    expect(link.kind === 'callback' && link.parameters.get('state')).toBe('xyz')
  })

  test('a page may be shown', () => {
    expect(parseDeepLink('keyway://show/activity')).toEqual({ kind: 'navigate', to: '/activity' })
  })

  test.each([
    'keyway://show/../../etc',
    'keyway://delete/everything',
    'https://oauth2/callback?code=a',
    'keyway:',
    `keyway://oauth2/callback?code=${'a'.repeat(30_000)}`,
  ])('%.60s is ignored', (text) => {
    expect(parseDeepLink(text).kind).toBe('ignored')
  })

  test('is found among the arguments of a second instance', () => {
    expect(findDeepLink(['/opt/keyway', '--flag', 'keyway://show/apps'])).toBe('keyway://show/apps')
    expect(findDeepLink(['/opt/keyway'])).toBeNull()
  })
})

describe('the window’s own files', () => {
  test('are found inside the bundle', () => {
    expect(fileFor('app://keyway/assets/a.js', '/bundle')).toBe('/bundle/assets/a.js')
    expect(fileFor('app://keyway/', '/bundle')).toBe('/bundle/index.html')
  })

  test.each([
    'app://keyway/..%2f..%2fetc/passwd',
    'app://keyway/%2e%2e/secret',
    'app://keyway/%E0%A4%A',
    'app://other/index.html',
    'file:///bundle/index.html',
  ])('%s is not served', (address) => {
    const path = fileFor(address, '/bundle')
    expect(path === null || path.startsWith('/bundle/')).toBe(true)
  })
})
