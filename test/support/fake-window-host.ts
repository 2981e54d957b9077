// Serves the built window with a fake Keyway behind it, over the same paths and headers as the headless host.
import { createReadStream, existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { asKeywayError, KeywayError, toErrorBody } from '../../shared/contract/errors.ts'
import { uiCalls, type Snapshot, type UiCallName } from '../../shared/contract/ui-api.ts'
import { createFakeWindowApi, type FakeWindowApi } from './window-host/fake-window-api.ts'

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const builtWindow = join(import.meta.dirname, '..', '..', 'out', 'renderer')
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

export type FakeWindowHost = {
  url: string
  fake: FakeWindowApi
  /** From now on every call is answered with 401, as after a restart. */
  signOut(): void
  /** Stops answering. */
  close(): Promise<void>
  /** Answers again, at the same address. */
  reopen(): Promise<void>
}

/** One address for a series of fake Keyways. */
export type FakeWindowServer = {
  /** Replaces the fake Keyway of before; from now on this one answers. */
  begin(snapshot: Snapshot, options?: { activity?: number }): Promise<FakeWindowHost>
  close(): Promise<void>
}

export async function startFakeWindowHost(
  snapshot: Snapshot,
  options: { bundle?: string; activity?: number } = {},
): Promise<FakeWindowHost> {
  return createFakeWindowServer(options).begin(snapshot, options)
}

type Current = { fake: FakeWindowApi; streams: Set<ServerResponse>; isSignedOut: boolean; end(): void }

export function createFakeWindowServer({ bundle = builtWindow }: { bundle?: string } = {}): FakeWindowServer {
  let current: Current | null = null
  let port = 0
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://fake').pathname
    if (!path.startsWith('/ui/') || current === null) serveFile(bundle, path, response)
    else respond(current, path, request, response)
  })
  const open = async (): Promise<void> => {
    if (server.listening) return
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  }
  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const stream of current?.streams ?? []) stream.end()
    server.closeAllConnections()
    await closed
  }
  return {
    close,
    async begin(snapshot, options = {}) {
      current?.end()
      const begun = createCurrent(snapshot, options)
      current = begun
      await open()
      return {
        url: `http://127.0.0.1:${port}`,
        fake: begun.fake,
        close,
        reopen: open,
        signOut() {
          begun.isSignedOut = true
          for (const stream of begun.streams) stream.end()
        },
      }
    },
  }
}

function createCurrent(snapshot: Snapshot, options: { activity?: number }): Current {
  const fake = createFakeWindowApi(snapshot, options)
  const streams = new Set<ServerResponse>()
  const stopEvents = fake.onEvent((name, data) => {
    for (const stream of streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  })
  return {
    fake,
    streams,
    isSignedOut: false,
    end() {
      stopEvents()
      for (const stream of streams) stream.end()
    },
  }
}

function respond(current: Current, path: string, request: IncomingMessage, response: ServerResponse): void {
  const { fake, streams, isSignedOut } = current
  if (isSignedOut) {
    send(response, 401, toErrorBody(new KeywayError('unauthorized')))
  } else if (path === '/ui/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': open\n\n')
    streams.add(response)
    response.on('close', () => streams.delete(response))
  } else if (path.startsWith('/ui/call/')) {
    void answer(fake, path.slice('/ui/call/'.length), request, response)
  } else {
    response.writeHead(404).end()
  }
}

async function answer(
  fake: FakeWindowApi,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    if (request.headers['x-keyway-window'] === undefined) throw new KeywayError('forbidden')
    if (!Object.hasOwn(uiCalls, name)) throw new KeywayError('not_found')
    const known = name as UiCallName
    const parsed = uiCalls[known].input.safeParse(body === '' ? undefined : JSON.parse(body))
    if (!parsed.success) throw new KeywayError('invalid_request', { message: parsed.error.message })
    const value = await fake.api[known as keyof typeof fake.api](parsed.data as never)
    send(response, 200, { ok: true, value })
  } catch (error) {
    send(response, 200, { ok: false, failure: toErrorBody(asKeywayError(error)) })
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function serveFile(folder: string, path: string, response: ServerResponse): void {
  const file = join(folder, normalize(path === '/' ? '/index.html' : path))
  if (!file.startsWith(folder) || !existsSync(file)) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': CSP,
    // The names of these files change with their content.
    ...(path.startsWith('/assets/') && { 'cache-control': 'max-age=31536000, immutable' }),
  })
  createReadStream(file).pipe(response)
}
