import { expect, test } from 'vitest'
import { openBrowser, openerFor } from '../../../electron/cli/open-browser.ts'

const url = 'http://127.0.0.1:7317/api/integrations/x/connect?ticket=made-up'

test.each([
  [{ BROWSER: 'made-up --new %s' }, 'linux', ['made-up', '--new', url]],
  [{ BROWSER: 'made-up' }, 'darwin', ['made-up', url]],
  [{}, 'darwin', ['open', url]],
  [{}, 'linux', null],
  [{ DISPLAY: ':0' }, 'linux', ['xdg-open', url]],
  [{ WSL_DISTRO_NAME: 'Debian' }, 'linux', ['wslview', url]],
  [{}, 'win32', ['rundll32', 'url.dll,FileProtocolHandler', url]],
] as const)('with %j on %s it starts %j', (environment, platform, expected) => {
  expect(openerFor(url, environment, platform)).toEqual(expected)
})

test('a browser that is not there, or that fails, was not opened', async () => {
  expect(await openBrowser(url, { BROWSER: '/does/not/exist' })).toBe(false)
  expect(await openBrowser(url, { BROWSER: 'false', PATH: process.env['PATH'] })).toBe(false)
  expect(await openBrowser('file:///etc/passwd', { BROWSER: 'true', PATH: process.env['PATH'] })).toBe(false)
})

test('what is started does not inherit the key', async () => {
  const environment = {
    BROWSER: 'sh -c test${IFS}-z"$KEYWAY_KEY"',
    PATH: process.env['PATH'],
    KEYWAY_KEY: 'kw_x',
  }
  expect(await openBrowser(url, environment)).toBe(true)
})
