// kill -9 at any moment after a refresh has reached a provider that rotates and ends the grant when a used-up
// refresh token comes back. What stood whole on disk, in its place or beside it, is never lost; neither is a
// grant that the provider has not rotated.
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { decodeRecord } from '../../electron/core/storage/records.ts'
import { aConnect, aProvider } from '../support/builders.ts'
import { realClock } from '../support/fake-clock.ts'
import { createMemoryProvider } from '../support/memory-provider.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { runChild } from '../support/run-child.ts'
import { tempFolder } from '../support/temp-folder.ts'

const KILLS = 12
/** After the request has arrived. */
const LATEST_KILL_MS = 60
/** As long as a provider takes. */
const ANSWER_MS = 15

async function startProvider() {
  const books = createMemoryProvider(realClock)
  const state = { onRefresh: (): void => undefined }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const form = new URLSearchParams(text)
      const refreshToken = form.get('refresh_token')
      const answer = (): void => {
        const tokens =
          refreshToken === null ? books.exchange(form.get('code') ?? '') : books.refresh(refreshToken)
        response.writeHead('error' in tokens ? 400 : 200, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify(
            'error' in tokens
              ? tokens
              : {
                  access_token: tokens.accessToken,
                  refresh_token: tokens.refreshToken,
                  token_type: 'Bearer',
                  expires_in: tokens.expiresInSeconds,
                },
          ),
        )
      }
      if (refreshToken === null) answer()
      else {
        state.onRefresh()
        setTimeout(answer, ANSWER_MS)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()))
  return Object.assign(state, { books, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

type Provider = Awaited<ReturnType<typeof startProvider>>

async function connect(folder: string, { url, books }: Provider): Promise<string> {
  const { keyway, close } = await openTestKeyway(folder)
  const existing = keyway.providers.find('acme')
  const { id: providerId } =
    existing ??
    keyway.providers.create(
      aProvider({ spec: { endpoints: { authorization: `${url}/authorize`, token: `${url}/token` } } }),
    )
  const flow = await keyway.connections.connect(aConnect({ providerId, open: 'link-only' }))
  if (flow.kind !== 'waiting_for_browser') throw new Error(flow.kind)
  const state = new URL(flow.authorizationUrl).searchParams.get('state') ?? ''
  const done = await keyway.flows.callback(new URLSearchParams({ code: books.authorise(['read']), state }))
  if (done.flow?.kind !== 'done') throw new Error(JSON.stringify(done.failure))
  await close()
  return done.flow.connectionId
}

/** The newest generation that stands whole in the folder, in its place or beside it. */
function newestOnDisk(folder: string, id: string): number {
  const generations = readdirSync(join(folder, 'connections'))
    .filter((name) => name.startsWith(`${id}.json`))
    .map((name) => decodeRecord(id, readFileSync(join(folder, 'connections', name), 'utf8')))
    .flatMap((decoded) =>
      decoded.kind === 'good' ? [(decoded.value as { generation: number }).generation] : [],
    )
  return Math.max(...generations)
}

test(
  'a grant is lost only between the answer of the provider and its first write, whenever the process is killed',
  { timeout: 600_000 },
  async () => {
    const provider = await startProvider()
    const folder = join(tempFolder(), 'data')
    let connectionId = await connect(folder, provider)
    const outcomes: string[] = []
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = newestOnDisk(folder, connectionId)
      const rotationsBefore = provider.books.counts.rotations
      const arrived = new Promise<void>((resolve) => (provider.onRefresh = resolve))
      const child = runChild('crash-child.ts', [folder, connectionId, 'never'])
      await arrived
      await new Promise((resolve) => setTimeout(resolve, (kill * LATEST_KILL_MS) / (KILLS - 1)))
      child.process.kill('SIGKILL')
      await child.ended()
      const isSaved = newestOnDisk(folder, connectionId) > before
      provider.onRefresh = () => undefined
      // An answer that was on its way is of no use to anybody; without it the next one would be the first.
      await new Promise((resolve) => setTimeout(resolve, ANSWER_MS * 2))
      const isRotated = provider.books.counts.rotations > rotationsBefore

      const opened = await openTestKeyway(folder)
      const result = await opened.keyway.tokens.get(connectionId, {})
      const works = result.kind === 'ok' && provider.books.isAlive(result.token.accessToken.reveal())
      await opened.close()
      outcomes.push(`${isRotated ? 'rotated' : 'not rotated'}, ${isSaved ? 'saved' : 'not saved'}: ${works}`)
      if (!works) connectionId = await connect(folder, provider)
    }
    const lost = outcomes.filter((outcome) => outcome.endsWith('false'))
    expect(lost.filter((outcome) => outcome !== 'rotated, not saved: false')).toEqual([])
    // The observer has seen grants that were kept because they were saved.
    expect(outcomes).toContain('rotated, saved: true')
  },
)
