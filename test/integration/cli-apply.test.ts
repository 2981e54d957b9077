// `keyway apply`: providers as files, registered over the real local API.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runKeyway } from '../support/command-line.ts'
import { startRealLocal } from '../support/local-api.ts'
import { tempFolder } from '../support/temp-folder.ts'

async function start() {
  const local = await startRealLocal()
  const key = local.addApp({ manage: true, grants: [] })
  const folder = tempFolder()
  const apply = (name: string, text: string, environment: Record<string, string> = {}, ...more: string[]) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    return runKeyway(['apply', file, ...more], { url: local.url, key, environment })
  }
  const slugs = () => local.keyway.providers.list().map(({ slug }) => slug)
  return { local, key, apply, slugs }
}

const acme = (more = '') => `
import { defineProvider } from 'keyway'
const slug: string = 'acme'
export const acme = defineProvider({
  slug,
  name: 'Acme',
  clientId: '\${ACME_ID}',
  clientSecret: '\${ACME_SECRET}',
  scopes: ['read'],
  spec: { endpoints: { authorization: 'https://acme.example/a', token: 'https://acme.example/t' } },
  ${more}
})
`
const environment = { ACME_ID: 'made-up-id', ACME_SECRET: 'made-up-acme-secret' }

test('typed code creates a provider, says what to register, then only what changed; the secret is never shown', async () => {
  const { local, apply } = await start()
  const registered = await apply('acme.ts', acme(), environment, '--dry-run')
  expect(registered).toMatchObject({ exit: 0, out: 'acme: would be created\n' })
  expect(local.keyway.providers.find('acme')).toBeNull()

  const made = await apply('acme.ts', acme(), environment)
  expect(made).toMatchObject({ exit: 0, err: '' })
  expect(made.out).toBe(
    `acme: created\n  register this redirect address there: ${local.url}/oauth2/callback\n`,
  )
  expect(local.keyway.providers.find('acme')).toMatchObject({ clientId: 'made-up-id', hasClientSecret: true })

  const wider = acme("redirectHost: 'localhost',").replace("['read']", "['read', 'write']")
  const changed = await apply('acme2.ts', wider, environment)
  expect(changed.out).toBe('acme: changed (scopes, redirectHost, clientSecret (sent))\n')
  expect(local.keyway.providers.find('acme')).toMatchObject({ scopes: ['read', 'write'], name: 'Acme' })
  expect(made.out + changed.out).not.toContain('made-up-acme-secret')
})

test('what stands there already is left alone', async () => {
  const { apply } = await start()
  const json = JSON.stringify([
    {
      slug: 'plain',
      name: 'Plain',
      clientId: 'x',
      spec: { endpoints: { authorization: 'https://a.example/a', token: 'https://a.example/t' } },
    },
  ])
  expect((await apply('a.json', json)).out).toContain('plain: created')
  expect((await apply('a.json', json)).out).toBe('plain: unchanged\n')
})

test('lecca’s file works as it is written, and an option that does not exist is named instead of lost', async () => {
  const { local, apply } = await start()
  const lecca = (more = '') => `
import { createOAuth2Connection } from "@lecca-io/toolkit";
export const yourNewAppOAuth2 = createOAuth2Connection({
  id: "your-new-app_connection_oauth2",
  name: "OAuth2",
  description: "Connect using OAuth2",
  authorizeUrl: "https://accounts.example/o/oauth2/v2/auth", //Replace with correct url
  tokenUrl: "https://oauth2.example/token",
  getClientId: () => ${more === 'unset' ? 'undefined' : '"made-up-id"'},
  getClientSecret: () => "made-up-secret",
  scopes: ["a", "b"],
  scopeDelimiter: ",",
  ${more === 'unset' ? '' : more}
});`
  const ran = await apply('app.oauth2.ts', lecca())
  expect(ran).toMatchObject({ exit: 0, err: '' })
  expect(local.keyway.providers.find('your-new-app')).toMatchObject({
    name: 'OAuth2',
    scopes: ['a', 'b'],
    spec: { scopes: { separator: ',' }, endpoints: { token: 'https://oauth2.example/token' } },
  })
  const misspelt = await apply('b.ts', lecca('scopeDelimeter: ",",'))
  expect(misspelt).toMatchObject({ exit: 2, err: expect.stringContaining('yourNewAppOAuth2.scopeDelimeter') })
  const unset = await apply('c.ts', lecca('unset'))
  expect(unset).toMatchObject({ exit: 2, err: expect.stringContaining('getClientId') })
})

test('a CommonJS file may export one provider as the whole of it', async () => {
  const { apply, slugs } = await start()
  const ran = await apply(
    'one.cjs',
    "const { defineProvider } = require('keyway')\nmodule.exports = defineProvider({ slug: 'one', name: 'One', spec: { endpoints: { authorization: 'https://g.example/a', token: 'https://g.example/t' } } })\n",
  )
  expect(ran).toMatchObject({ exit: 0, err: '' })
  expect(slugs()).toContain('one')
})

test.each([
  ['a bad field', acme("redirect: 'sideways',"), environment, 'acme.redirect: '],
  ['a field that does not exist', acme('colour: 1,'), environment, 'acme.colour: There is no such field.'],
  [
    'a field within',
    acme().replace('https://acme.example/t', 'nonsense'),
    environment,
    'acme.spec.endpoints.token',
  ],
  ['an unset variable', acme(), { ACME_ID: 'x' }, 'acme.clientSecret: ${ACME_SECRET} is not set'],
])('%s is named and nothing is applied', async (_, text, given, sentence) => {
  const { apply, slugs } = await start()
  const good = `
export const good = { slug: 'good', name: 'Good', spec: { endpoints: { authorization: 'https://g.example/a', token: 'https://g.example/t' } } }
`
  const ran = await apply('two.ts', `${text}${good}`, given)
  expect(ran).toMatchObject({ exit: 2, out: '' })
  expect(ran.err).toContain(sentence)
  expect(ran.err).not.toContain('made-up-acme-secret')
  expect(slugs()).toEqual(['rehearsal'])
})

test('what only the server can refuse takes back what came before it', async () => {
  const { local, apply, slugs } = await start()
  const provider = (slug: string) => ({
    slug,
    name: slug,
    spec: { endpoints: { authorization: 'https://g.example/a', token: 'https://g.example/t' } },
  })
  const refusedPreset = { ...provider('second'), preset: 'no-such-preset' }
  const renamed = { slug: 'rehearsal', name: 'Renamed' }
  const ran = await apply('two.json', JSON.stringify([renamed, provider('first'), refusedPreset]))
  expect(ran.exit).toBe(2)
  expect(ran.err).toContain('second: There is no preset "no-such-preset". Nothing was changed.')
  expect(slugs()).toEqual(['rehearsal'])
  expect(local.keyway.providers.find('rehearsal')?.name).toBe('Rehearsal')
})

test('a change that fails after another one puts the first one back', async () => {
  const { local, apply } = await start()
  const endpoints = { authorization: 'https://g.example/a', token: 'https://g.example/t' }
  const other = { slug: 'other', name: 'Other', spec: { endpoints } }
  await apply('one.json', JSON.stringify(other))
  // A secret cannot be sealed while the vault is locked, a name can be changed.
  local.opened.vault.lock()
  const both = [
    { slug: 'other', name: 'Renamed' },
    { slug: 'rehearsal', name: 'Renamed', clientSecret: 'made-up-new-secret' },
  ]
  const ran = await apply('two.json', JSON.stringify(both))
  expect(ran.exit).toBe(11)
  expect(ran.err).toContain('Nothing was changed.')
  expect(ran.err).not.toContain('made-up-new-secret')
  expect(local.keyway.providers.find('other')?.name).toBe('Other')
})

test('an app that may not manage providers is told so, and files that cannot be read say where', async () => {
  const { local, apply } = await start()
  const file = join(tempFolder(), 'x.json')
  writeFileSync(file, '{"slug":"x","name":"X"}')
  const ran = await runKeyway(['apply', file], { url: local.url, key: local.addApp() })
  expect(ran).toMatchObject({ exit: 3, err: expect.stringContaining('(forbidden)') })
  const broken = await apply('y.json', '{"slug":"y",\n "clientSecret":"made-up-hidden" "z"}')
  expect(broken).toMatchObject({ exit: 2, err: expect.stringContaining('line 2') })
  expect(broken.err).not.toContain('made-up-hidden')
  expect(await apply('z.ts', 'export const nothing = ')).toMatchObject({ exit: 2, out: '' })
  expect((await apply('e.ts', 'export const nothing = 1')).exit).toBe(2)
})
