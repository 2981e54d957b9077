// The client library as another project installs it: by its name, typed, in a folder that knows nothing of
// this one.
import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { buildStale, root } from '../../scripts/build/parts.ts'
import { startRealLocal } from '../support/local-api.ts'
import { tempFolder } from '../support/temp-folder.ts'

beforeAll(() => buildStale(['client', 'headless'], { force: false, say: () => undefined }), 180_000)

function project(files: Record<string, string>): string {
  const folder = tempFolder()
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'keyway'), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "name": "their-project", "type": "module" }')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

function run(folder: string, argv: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, argv, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += String(chunk)))
  return new Promise<{ exit: number | null; out: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit) => resolve({ exit, out }))
  })
}

const PROGRAM = `import { createKeywayClient, KeywayCallError } from 'keyway'

const keyway = createKeywayClient({ url: process.env.KEYWAY_URL, key: process.env.KEYWAY_KEY })
const ctx = { auth: keyway }
const token = await ctx.auth.getToken('rehearsal')
const me = await (await keyway.request('rehearsal', { url: '/me' })).json()
const [first] = await keyway.connections()
const codes = []
for (const call of [() => keyway.token('nobody'), () => keyway.token('rehearsal', { scopes: ['files.write'] })]) {
  try {
    await call()
  } catch (error) {
    if (error instanceof KeywayCallError) codes.push([error.code, error.outcome, error.connectUrl !== null])
  }
}
const nobody = createKeywayClient({ url: 'http://127.0.0.1:9', key: 'kw_x' })
codes.push(await nobody.token('x').catch((error) => [error.code, error.retryable]))
console.log(JSON.stringify({ token: token.length > 10, email: me.email, provider: first.provider, codes }))
`

test('a plain Node project imports it by name, gets tokens and answers, and failures by code', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const folder = project({ 'program.js': PROGRAM })
  const ran = await run(folder, ['program.js'], { KEYWAY_URL: local.url, KEYWAY_KEY: local.addApp() })
  expect(ran).toMatchObject({ exit: 0 })
  expect(JSON.parse(ran.out)).toEqual({
    token: true,
    email: 'ada@example.test',
    provider: 'rehearsal',
    codes: [
      ['provider_not_found', 'failed', false],
      ['scope_missing', 'reconnect_needed', true],
      ['keyway_unreachable', true],
    ],
  })
})

test('its types hold in a strict project with DOM and Node resolution, definitions of providers included', async () => {
  const folder = project({
    'program.ts': `import { createKeywayClient, KeywayCallError, type Token } from 'keyway'
const keyway = createKeywayClient({ key: 'kw_x' })
const token: Token = await keyway.token('slack', { minValid: 60 })
const until: string | null = token.expiresAt
const reply: Response = await keyway.request('slack', { url: '/files', headers: { accept: 'application/json' } })
const accounts: string[] = (await keyway.connections()).map(({ ownerId }) => ownerId)
const link: string = (await keyway.connect('slack')).connectUrl
export const code = (error: unknown): string | null => (error instanceof KeywayCallError ? error.connectUrl : null)
// @ts-expect-error A misspelt option.
await keyway.token('slack', { minVald: 60 })
console.log(until, reply.body, accounts, link)
`,
    'providers.ts': `import { createOAuth2Connection, defineProvider } from 'keyway/client'
export const one = defineProvider({ slug: 'one', name: 'One', clientId: '\${ONE_ID}', scopes: ['read'] })
export const two = createOAuth2Connection({
  id: 'two_connection_oauth2',
  name: 'OAuth2',
  authorizeUrl: 'https://a.example.test/a',
  tokenUrl: 'https://a.example.test/t',
  getClientId: () => 'id',
  scopes: [],
})
// @ts-expect-error There is no such flow.
export const three = defineProvider({ slug: 'three', name: 'Three', flow: 'implicit' })
`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        target: 'es2022',
        module: 'nodenext',
        lib: ['es2022', 'dom'],
        types: [],
        exactOptionalPropertyTypes: true,
      },
      files: ['program.ts', 'providers.ts'],
    }),
  })
  const ran = await run(folder, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'])
  expect(ran).toEqual({ exit: 0, out: '' })
})

test('the command works from that folder too, on a file that imports the library by name', async () => {
  const local = await startRealLocal()
  const folder = project({
    'providers.ts': `import { createOAuth2Connection } from 'keyway'
export const two = createOAuth2Connection({
  id: 'two_connection_oauth2',
  name: 'OAuth2',
  authorizeUrl: 'https://a.example.test/a',
  tokenUrl: 'https://a.example.test/t',
  getClientId: () => process.env['INTEGRATION_TWO_CLIENT_ID'],
  getClientSecret: () => process.env['INTEGRATION_TWO_CLIENT_SECRET'],
  scopes: [],
})
`,
  })
  const environment = {
    KEYWAY_URL: local.url,
    KEYWAY_KEY: local.addApp({ manage: true }),
    INTEGRATION_TWO_CLIENT_ID: 'id',
    INTEGRATION_TWO_CLIENT_SECRET: 'secret',
  }
  const command = join('node_modules', 'keyway', 'electron', 'cli', 'keyway.mjs')
  const ran = await run(folder, [command, 'apply', 'providers.ts'], environment)
  expect(ran).toMatchObject({ exit: 0, out: expect.stringContaining('two: created') })
  expect(local.keyway.providers.find('two')).toMatchObject({ clientId: 'id', hasClientSecret: true })
})
