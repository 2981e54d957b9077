import { createServer, type Server } from 'node:https'
import { createServer as createPlainServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  certificatesIn,
  createOutgoing,
  type OutgoingSettings,
} from '../../electron/core/network/outgoing.ts'
import { testCertificates } from '../support/certificates/certificates.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'

const closers: Array<() => Promise<unknown>> = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

async function listening(
  server: Server | ReturnType<typeof createPlainServer>,
  scheme: string,
): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  return `${scheme}://localhost:${(server.address() as AddressInfo).port}`
}

const secureServer = () =>
  listening(
    createServer({ cert: testCertificates.certificate, key: testCertificates.key }, (_request, response) =>
      response.end('hello'),
    ),
    'https',
  )
const plainServer = () =>
  listening(
    createPlainServer((_request, response) => response.end('hello')),
    'http',
  )

function outgoing(settings: Partial<OutgoingSettings> = {}, environment: Record<string, string> = {}) {
  const made = createOutgoing({
    settings: () => ({ proxyUrl: null, extraCa: null, ...settings }),
    environment,
  })
  closers.push(() => made.close())
  return made
}

describe('outgoing requests', () => {
  test('refuse a certificate of an unknown authority, and accept it once that authority was added for the provider or for all', async () => {
    const url = await secureServer()
    await expect(outgoing().fetchFor(null)(url)).rejects.toThrow('fetch failed')
    expect(await (await outgoing().fetchFor(testCertificates.authority)(url)).text()).toBe('hello')
    expect(await (await outgoing({ extraCa: testCertificates.authority }).fetchFor(null)(url)).text()).toBe(
      'hello',
    )
  })

  test('one provider’s authority is not trusted for another', async () => {
    const url = await secureServer()
    const both = outgoing()
    expect((await both.fetchFor(testCertificates.authority)(url)).status).toBe(200)
    await expect(both.fetchFor(null)(url)).rejects.toThrow('fetch failed')
  })

  test.each(['setting', 'environment'])(
    'go through the corporate proxy of the %s, https by CONNECT and http forwarded',
    async (source) => {
      const [secure, plain, proxy] = [await secureServer(), await plainServer(), await startConnectProxy()]
      closers.push(proxy.close)
      const made =
        source === 'setting'
          ? outgoing({ proxyUrl: proxy.url })
          : outgoing({}, { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url })
      expect(await (await made.fetchFor(testCertificates.authority)(secure)).text()).toBe('hello')
      expect(await (await made.fetchFor(null)(plain)).text()).toBe('hello')
      expect(proxy.seen).toEqual([`CONNECT ${new URL(secure).host}`, `GET ${plain}/`])
    },
  )

  test('NO_PROXY goes straight', async () => {
    const [plain, proxy] = [await plainServer(), await startConnectProxy()]
    closers.push(proxy.close)
    const made = outgoing({}, { HTTP_PROXY: proxy.url, NO_PROXY: 'example.com, localhost' })
    expect(await (await made.fetchFor(null)(plain)).text()).toBe('hello')
    expect(proxy.seen).toEqual([])
  })

  test('text that holds no certificate is refused with a next step', () => {
    expect(() => certificatesIn('hello')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })
})
