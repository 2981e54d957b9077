import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from '@playwright/test'
import { test } from '../support/stand-in-fixture.ts'

/** A site outside the app, which sees every request that really leaves. */
async function startOutside(): Promise<{ url: string; visits: string[]; close(): void }> {
  const visits: string[] = []
  const server = createServer((request, response) => {
    visits.push(`${request.method ?? ''} ${request.url ?? ''}`)
    response.setHeader('content-type', 'text/html')
    response.end('<title>Outside</title><h1>Outside</h1><script>window.ran = true</script>')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, visits, close: () => server.close().closeAllConnections() }
}

test('the policy of the app is enforced on app://: an inline script does not run, the module does', async ({
  desktop,
}) => {
  const { window } = desktop
  const found = await window.evaluate(async () => {
    const blocked = await fetch('https://elsewhere.example/').then(
      () => 'fetched',
      (error: Error) => error.message,
    )
    const violated = new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
        if (violatedDirective.startsWith('script')) resolve(violatedDirective)
      })
    })
    const script = document.createElement('script')
    script.textContent = 'globalThis.injectedScriptRan = true'
    document.head.append(script)
    return {
      inline: globalThis.inlineScriptRan,
      injected: Reflect.get(globalThis, 'injectedScriptRan') as unknown,
      module: globalThis.moduleScriptRan,
      violated: await violated,
      blocked,
    }
  })
  expect(found).toEqual({
    inline: undefined,
    injected: undefined,
    module: true,
    violated: 'script-src-elem',
    blocked: 'Failed to fetch',
  })
})

test('without the policy the same inline script runs: the check above can fail', async ({ desktop }) => {
  const { app } = desktop
  const ran = await app.evaluate(async ({ BrowserWindow, session }) => {
    const { protocol } = session.fromPartition('lax')
    const lax = '<title>Lax</title><script>window.inlineScriptRan = true</script>'
    protocol.handle('app', () => new Response(lax, { headers: { 'content-type': 'text/html' } }))
    const window = new BrowserWindow({ webPreferences: { partition: 'lax' } })
    await window.loadURL('app://fixture/')
    return window.webContents.executeJavaScript('window.inlineScriptRan') as Promise<unknown>
  })
  expect(ran).toBe(true)
})

test('the handler of app:// gets method and body, and an address it does not serve fails', async ({
  desktop,
}) => {
  const { app, window } = desktop
  const echo = await window.evaluate(async () => {
    const response = await fetch('/echo', { method: 'POST', body: 'grüße' })
    return response.text()
  })
  expect(echo).toBe('grüße')
  const failure = await app.evaluate(async ({ BrowserWindow }) => {
    const lost = new BrowserWindow({ webPreferences: { partition: 'nobody serves here' } })
    return lost.loadURL('app://fixture/').then(
      () => 'loaded',
      (error: Error & { code?: string }) => error.code,
    )
  })
  expect(failure).toBe('ERR_NAME_NOT_RESOLVED')
})

test('a navigation of the page is asked about and blocked, whatever starts it', async ({ desktop }) => {
  const outside = await startOutside()
  const { window, log, addressOf } = desktop
  const ways = {
    '/href': (url: string) => {
      location.href = url
    },
    '/link': (url: string) => {
      const link = document.createElement('a')
      link.href = url
      document.body.append(link)
      link.click()
    },
    '/form': (url: string) => {
      const form = document.createElement('form')
      form.action = url
      form.method = 'post'
      document.body.append(form)
      form.submit()
    },
  }
  for (const [path, go] of Object.entries(ways)) {
    await window.evaluate(go, `${outside.url}${path}`)
    await expect.poll(log).toContain(`will-navigate ${outside.url}${path} true`)
  }
  expect(await window.evaluate(() => globalThis.fixture.call('echo', 'still here'))).toEqual(['still here'])
  expect(await addressOf(window)).toBe('app://fixture/index.html')
  expect(outside.visits).toEqual([])
  outside.close()
})

test('the same navigation goes through when the app lets it: the check above can fail', async ({
  desktop,
}) => {
  const outside = await startOutside()
  const { app, window, log, addressOf } = desktop
  await app.evaluate(() => {
    globalThis.fixture.blocksNavigation = false
  })
  await window.evaluate((url) => {
    location.href = url
  }, `${outside.url}/href`)
  await expect(window.getByRole('heading', { name: 'Outside' })).toBeVisible()
  expect(outside.visits).toContain('GET /href')
  expect(await addressOf(window)).toBe(`${outside.url}/href`)
  expect(await log()).toContain(`will-navigate ${outside.url}/href true`)
  expect(await window.evaluate(() => typeof globalThis.fixture.call)).toBe('function')
  outside.close()
})

test('loadURL, reload and a jump inside the page are not asked about', async ({ desktop }) => {
  const { app, window, log } = desktop
  await window.reload()
  await window.evaluate(() => {
    location.hash = '#part'
  })
  await app.evaluate(async ({ BrowserWindow }) => {
    await BrowserWindow.getAllWindows()[0]?.loadURL('app://fixture/index.html?again')
  })
  // The test runner learns of it after the app does.
  await window.waitForURL(/again$/)
  expect((await log()).filter((line) => line.startsWith('will-navigate'))).toEqual([])
})

test('window.open and target=_blank ask the app and open nothing when it refuses', async ({ desktop }) => {
  const outside = await startOutside()
  const { app, window: page, log, opened } = desktop
  const seen: string[] = []
  app.on('window', (opening) => seen.push(opening.url()))
  const answers = await page.evaluate((url) => {
    const plain = window.open(`${url}/plain`)
    const popup = window.open(`${url}/popup`, 'name', 'width=200')
    return [plain, popup]
  }, outside.url)
  await page.getByRole('link', { name: 'Help' }).click()
  await expect.poll(opened).toEqual(['https://help.example/guide'])
  expect(answers).toEqual([null, null])
  expect((await log()).filter((line) => line.startsWith('window-open'))).toEqual([
    `window-open ${outside.url}/plain`,
    `window-open ${outside.url}/popup`,
    'window-open https://help.example/guide',
  ])
  expect(app.windows()).toEqual([page])
  expect(seen).toEqual([])
  expect(outside.visits).toEqual([])
  outside.close()
})

test('window.open makes a window when the app allows it: the check above can fail', async ({ desktop }) => {
  const { app, window: page } = desktop
  const opening = app.waitForEvent('window')
  await page.evaluate(() => {
    window.open('app://fixture/index.html?child')
  })
  const child = await opening
  await expect.poll(() => child.url()).toContain('?child')
  expect(app.windows()).toHaveLength(2)
})

test('a mailto: link is asked about like any other', async ({ desktop }) => {
  const { window, log } = desktop
  await window.getByRole('link', { name: 'Mail' }).click()
  await expect.poll(log).toContain('will-navigate mailto:somebody@help.example true')
})

test('webRequest changes the headers of what comes from the network', async ({ desktop }) => {
  const outside = await startOutside()
  const { app } = desktop
  const results = await app.evaluate(async ({ BrowserWindow, session }, url) => {
    session.fromPartition('strict').webRequest.onHeadersReceived((details, callback) => {
      const responseHeaders = { ...details.responseHeaders, 'Content-Security-Policy': ["script-src 'none'"] }
      callback({ responseHeaders })
    })
    const load = async (partition: string): Promise<unknown> => {
      const { loadURL, webContents } = new BrowserWindow({ webPreferences: { partition } })
      await loadURL(url)
      return webContents.executeJavaScript('`${document.title} ${window.ran}`') as Promise<unknown>
    }
    return { lax: await load('lax'), strict: await load('strict') }
  }, outside.url)
  expect(results).toEqual({ lax: 'Outside true', strict: 'Outside undefined' })
  outside.close()
})

test('the permissions of a page are what the app answers', async ({ desktop }) => {
  const { app } = desktop
  const states = await app.evaluate(async ({ BrowserWindow, session }) => {
    const query = `Promise.all(['geolocation', 'notifications'].map((name) =>
      navigator.permissions.query({ name }).then(({ state }) => state)))`
    const load = async (partition: string): Promise<unknown> => {
      const window = new BrowserWindow({ webPreferences: { partition } })
      session
        .fromPartition(partition)
        .protocol.handle('app', () => new Response('<title>Permissions</title>'))
      await window.loadURL(`app://${partition}/`)
      return window.webContents.executeJavaScript(query) as Promise<unknown>
    }
    session.fromPartition('denying').setPermissionCheckHandler(() => false)
    return { denied: await load('denying'), granted: await load('granting') }
  })
  expect(states).toEqual({ denied: ['denied', 'denied'], granted: ['granted', 'granted'] })
})
