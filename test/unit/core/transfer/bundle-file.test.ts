import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openBundle, sealBundle } from '../../../../electron/core/transfer/bundle-file.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { searchText } from '../../../support/leak-search.ts'

const passphrase = new Secret('correct horse battery staple')
const cheap = { N: 2, r: 1, p: 1 }
const content = {
  tokens: ['made-up-access-token-1', 'made-up-refresh-token-1'],
  key: 'made-up-client-secret',
}
const seal = (): Promise<string> =>
  sealBundle(content, { passphrase, createdAt: 1_795_000_000_000, cost: cheap })

async function refusal(text: string, secret = passphrase): Promise<KeywayError> {
  const outcome = await openBundle(text, secret).catch((error: unknown) => error)
  if (outcome instanceof KeywayError) return outcome
  throw new Error(`not refused with a code: ${JSON.stringify(outcome)}`)
}

test('opens with its passphrase, in whichever Unicode form that was typed', async () => {
  expect(await openBundle(await seal(), passphrase)).toEqual({ createdAt: 1_795_000_000_000, content })
  const typed = await sealBundle(content, {
    passphrase: new Secret('pässwört im Mai'),
    createdAt: 1,
    cost: cheap,
  })
  expect(await openBundle(typed, new Secret('pässwört im Mai'.normalize('NFD')))).toEqual({
    createdAt: 1,
    content,
  })
})

test('the same content gives another file each time, and nothing of it shows', async () => {
  const [one, other] = [await seal(), await seal()]
  expect(one).not.toBe(other)
  const secrets = {
    access: content.tokens[0]!,
    refresh: content.tokens[1]!,
    client: content.key,
    passphrase: passphrase.reveal(),
  }
  expect(searchText(one, secrets, 'the bundle')).toEqual([])
  expect(Object.keys(JSON.parse(one) as object)).toEqual([
    'keyway',
    'version',
    'createdAt',
    'kdf',
    'cipher',
    'compression',
    'sealed',
    'sha256',
  ])
})

test('blanks and the order of its fields do not matter', async () => {
  const fields = Object.entries(JSON.parse(await seal()) as object).toReversed()
  expect((await openBundle(JSON.stringify(Object.fromEntries(fields)), passphrase)).content).toEqual(content)
})

describe('what is refused', () => {
  test('a wrong passphrase, by its own code', async () => {
    const error = await refusal(await seal(), new Secret('correct horse battery stable'))
    expect(error).toMatchObject({
      code: 'wrong_passphrase',
      details: { field: 'passphrase', step: 'passphrase' },
    })
  })

  test('a flipped bit at any place of the file', async () => {
    const bytes = Buffer.from(await seal())
    const codes = new Set<string>()
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes)
      flipped[at] = flipped[at]! ^ (1 << (at % 7))
      codes.add((await refusal(flipped.toString('utf8'))).code)
    }
    // A changed version digit may be a higher one; then this version can only report that.
    expect([...codes].filter((code) => code !== 'bundle_newer')).toEqual(['bundle_damaged'])
  })

  test('a file that is cut off anywhere', async () => {
    const text = await seal()
    for (let length = 0; length < text.length - 1; length += 13) {
      expect((await refusal(text.slice(0, length))).code).toBe('bundle_damaged')
    }
  })

  test('a header that somebody changed and made a fitting checksum for', async () => {
    const bundle = JSON.parse(await seal()) as Record<string, unknown> & {
      kdf: { cost: object; salt: string }
    }
    const changed = { ...bundle, createdAt: 1 }
    const { kdf } = bundle
    const head = [1, 1, 'scrypt', 2, 1, 1, kdf.salt, 'aes-256-gcm', 'gzip']
    const sha256 = createHash('sha256')
      .update(`keyway bundle ${JSON.stringify(head)}\n${String(bundle['sealed'])}`)
      .digest('hex')
    expect((await refusal(JSON.stringify({ ...changed, sha256 }))).code).toBe('wrong_passphrase')
  })

  test('a newer version, named', async () => {
    const bundle = { ...(JSON.parse(await seal()) as object), version: 2, somethingNew: true }
    expect(await refusal(JSON.stringify(bundle))).toMatchObject({
      code: 'bundle_newer',
      details: { step: 'version', version: 2, supported: 1 },
    })
  })

  test('a header that would take all memory, before anything is computed', async () => {
    const bundle = JSON.parse(await seal()) as { kdf: object }
    const greedy = { ...bundle, kdf: { ...bundle.kdf, cost: { N: 2 ** 30, r: 16, p: 4 } } }
    expect(await refusal(JSON.stringify(greedy))).toMatchObject({
      code: 'bundle_damaged',
      details: { step: 'envelope', field: 'kdf.cost.N' },
    })
  })

  test.each([
    ['prose', 'my tokens'],
    ['other JSON', '{"name":"keyway"}'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a provider file', '{"slug":"acme","name":"Acme"}'],
  ])('%s', async (_, text) => {
    expect(await refusal(text)).toMatchObject({ code: 'bundle_damaged', details: { step: 'envelope' } })
  })
})
