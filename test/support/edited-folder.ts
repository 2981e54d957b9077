// A data folder as somebody edits it who can write its files and has no key: a synchronised copy, a restored
// backup.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { decodeRecord, encodeRecord } from '../../electron/core/storage/records.ts'
import type { OpenDeps, OpenedKeyway } from '../../electron/core/open-keyway.ts'
import type { ConnectionRecord } from '../../shared/contract/connection.ts'
import { aConnect, anApp, aProvider } from './builders.ts'
import { openTestKeyway } from './open-test-keyway.ts'
import { tempFolder } from './temp-folder.ts'

/** A token endpoint that rotates and notes what it was sent. */
export async function startTokenEndpoint(): Promise<{ url: string; sent: string[] }> {
  const sent: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      sent.push(new URLSearchParams(body).get('refresh_token') ?? body)
      const n = sent.length
      const answer = { access_token: `access-${n}`, refresh_token: `refresh-${n}`, expires_in: 3600 }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ token_type: 'Bearer', ...answer }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, sent }
}

type EditedFolder = {
  path: string
  endpoint: { url: string; sent: string[] }
  providerId: string
  connectionId: string
  appId: string
  key: string
}

/** One provider, one connection that was refreshed once, one app; closed. */
export async function makeFolder(deps: Partial<OpenDeps> = {}): Promise<EditedFolder> {
  const path = join(tempFolder(), 'data')
  const endpoint = await startTokenEndpoint()
  const opened = await openTestKeyway(path, deps)
  const { keyway } = opened
  const endpoints = { authorization: endpoint.url.replace('token', 'authorize'), token: endpoint.url }
  const provider = keyway.providers.create(
    aProvider({ spec: { endpoints, api: { baseUrl: 'https://api.example.test' } } }),
  )
  const flow = await keyway.connections.connect(
    aConnect({ providerId: provider.id, account: 'work', kind: 'refresh_token', token: 'refresh-pasted' }),
  )
  const connectionId = flow.connectionId ?? ''
  await keyway.connections.refresh(connectionId)
  const { app, key } = keyway.apps.create(anApp({ grants: [{ target: { kind: 'all' }, proxy: true }] }))
  await opened.close()
  endpoint.sent.length = 0
  return { path, endpoint, providerId: provider.id, connectionId, appId: app.id, key }
}

/** Opened and unlocked; closed when the test is over. */
export async function reopen(path: string, deps: Partial<OpenDeps> = {}): Promise<OpenedKeyway> {
  const opened = await openTestKeyway(path, deps)
  onTestFinished(() => opened.close())
  await expectChecked(opened)
  return opened
}

/** The log is looked at behind the unlock. */
async function expectChecked({ journal, keyway }: OpenedKeyway): Promise<void> {
  const isKnown = (): boolean =>
    journal.authenticity.isKeyed ||
    keyway
      .snapshot()
      .integrity.findings.some(({ kind }) => ['log', 'manifest', 'older_folder'].includes(kind))
  while (!isKnown()) await new Promise(setImmediate)
}

type Json = Record<string, never> & Record<string, unknown>

/** The document and its last good copy, edited alike. */
export function editDocument(folder: string, name: string, edit: (document: Json) => void): void {
  for (const file of [`${name}.json`, `${name}.last-good.json`]) {
    const path = join(folder, file)
    if (!existsSync(path)) continue
    const document = JSON.parse(readFileSync(path, 'utf8')) as Json
    edit(document)
    writeFileSync(path, JSON.stringify(document))
  }
}

/** The connection's file and the copy beside it, edited alike, with checksums that fit. */
export function editConnection(
  folder: string,
  id: string,
  edit: (record: ConnectionRecord) => ConnectionRecord,
): void {
  for (const file of [`${id}.json`, `${id}.prev.json`]) {
    const path = join(folder, 'connections', file)
    const decoded = decodeRecord(id, readFileSync(path, 'utf8'))
    if (decoded.kind === 'good')
      writeFileSync(path, encodeRecord(id, edit(decoded.value as ConnectionRecord)))
  }
}

export function copyFolder(from: string): string {
  const path = join(tempFolder(), 'data')
  cpSync(from, path, { recursive: true })
  return path
}

export function replaceWith(folder: string, other: string, name = '.'): void {
  rmSync(join(folder, name), { recursive: true, force: true })
  cpSync(join(other, name), join(folder, name), { recursive: true })
}

const segmentsOf = (folder: string): string[] =>
  readdirSync(join(folder, 'activity'))
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => join(folder, 'activity', name))

/** Rows without their breaks. */
export const rowsOf = (folder: string): string[] =>
  segmentsOf(folder).flatMap((path) => readFileSync(path, 'utf8').trimEnd().split('\n'))

/** The rows, and a note of how far they go that fits them; `keyed` stays what it was. */
export function writeRows(
  folder: string,
  rows: readonly string[],
  note: 'kept' | 'fitting' | 'removed',
): void {
  const [first = '', ...others] = segmentsOf(folder)
  for (const path of others) rmSync(path)
  writeFileSync(first, rows.map((row) => `${row}\n`).join(''))
  const chain = join(folder, 'activity', 'chain.json')
  if (note === 'removed') rmSync(chain)
  if (note !== 'fitting') return
  const last = JSON.parse(rows.at(-1) ?? '{}') as { seq: number; hash: string }
  const noted = JSON.parse(readFileSync(chain, 'utf8')) as Record<string, unknown>
  writeFileSync(chain, JSON.stringify({ ...noted, head: { seq: last.seq, hash: last.hash } }))
}

/** Every row anew, with hashes that fit. */
export function rehashed(rows: readonly string[], edit: (row: Record<string, unknown>) => void): string[] {
  let prev = '0'.repeat(64)
  return rows.map((row) => {
    const { hash: _hash, prev: _prev, ...rest } = JSON.parse(row) as Record<string, unknown>
    edit(rest)
    const text = JSON.stringify({ ...rest, prev }).slice(0, -1)
    prev = createHash('sha256').update(text).digest('hex')
    return `${text},"hash":"${prev}"}`
  })
}
