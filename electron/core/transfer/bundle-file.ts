// The file format of a bundle: JSON with a readable, authenticated header and one ciphertext (scrypt,
// AES-256-GCM). A checksum tells a corrupt file from a wrong passphrase.
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGzip, gunzip } from 'node:zlib'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import { parseJson } from '../../../shared/domain/exact-json.ts'
import { openBytes, sealBytes, sealed } from '../vault/key-holder.ts'
import { DEFAULT_COST, passphraseKey, scryptCost, type ScryptCost } from '../vault/passphrase-wrapper.ts'

const VERSION = 1
const MAX_BYTES = 512 * 1024 * 1024
const RECORDS_AT_ONCE = 100

const header = z.strictObject({
  keyway: z.literal('bundle'),
  version: z.literal(VERSION),
  /** Epoch milliseconds. */
  createdAt: z.int().nonnegative(),
  kdf: z.strictObject({ name: z.literal('scrypt'), cost: scryptCost, salt: z.base64url().min(22).max(100) }),
  cipher: z.literal('aes-256-gcm'),
  compression: z.literal('gzip'),
})
type Header = z.output<typeof header>
const envelope = header.extend({ sealed, sha256: z.string().regex(/^[0-9a-f]{64}$/) })

const unpack = promisify(gunzip)

/** As JSON in chunks, because one long step would block all other work. */
async function pack(content: object): Promise<Buffer> {
  return Buffer.concat((await Readable.from(jsonPieces(content)).pipe(createGzip()).toArray()) as Buffer[])
}

function* jsonPieces(content: object): Generator<string> {
  let separator = '{'
  for (const [name, value] of Object.entries(content)) {
    yield `${separator}${JSON.stringify(name)}:`
    separator = ','
    if (Array.isArray(value)) yield* listPieces(value)
    else yield JSON.stringify(value)
  }
  yield separator === '{' ? '{}' : '}'
}

function* listPieces(list: readonly unknown[]): Generator<string> {
  yield '['
  for (let at = 0; at < list.length; at += RECORDS_AT_ONCE) {
    const piece = JSON.stringify(list.slice(at, at + RECORDS_AT_ONCE))
    yield `${at === 0 ? '' : ','}${piece.slice(1, -1)}`
  }
  yield ']'
}

/** The file's text. */
export async function sealBundle(
  content: object,
  {
    passphrase,
    createdAt,
    cost = DEFAULT_COST,
  }: { passphrase: Secret; createdAt: number; cost?: ScryptCost },
): Promise<string> {
  // Now, and not when the key is derived, because the content may change meanwhile.
  const packed = await pack(content)
  const salt = randomBytes(16)
  const head: Header = {
    keyway: 'bundle',
    version: VERSION,
    createdAt,
    kdf: { name: 'scrypt', cost, salt: salt.toString('base64url') },
    cipher: 'aes-256-gcm',
    compression: 'gzip',
  }
  const key = await passphraseKey(passphrase, salt, cost)
  const box = sealBytes(key, packed, authenticated(head))
  key.fill(0)
  return JSON.stringify({ ...head, sealed: box, sha256: checksum(head, box) }, null, 2)
}

/**
 * The decrypted content, not parsed yet.
 * @throws KeywayError bundle_damaged | bundle_newer | wrong_passphrase, with `details.step`
 */
export async function openBundle(
  text: string,
  passphrase: Secret,
): Promise<{ createdAt: number; content: unknown }> {
  const { sealed: box, sha256, ...head } = readEnvelope(text)
  if (checksum(head, box) !== sha256)
    throw damaged('checksum', 'The bundle was changed since it was made, or a part of it is missing.')
  const key = await passphraseKey(passphrase, Buffer.from(head.kdf.salt, 'base64url'), head.kdf.cost)
  const packed = openBytes(key, box, authenticated(head))
  key.fill(0)
  if (packed === null)
    throw new KeywayError('wrong_passphrase', { details: { field: 'passphrase', step: 'passphrase' } })
  try {
    const content = await unpack(packed, { maxOutputLength: MAX_BYTES })
    return { createdAt: head.createdAt, content: parseJson(content.toString('utf8')) }
  } catch (cause) {
    throw damaged('content', 'The bundle opened, but what is in it cannot be read.', cause)
  }
}

function readEnvelope(text: string): z.output<typeof envelope> {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (cause) {
    throw damaged('envelope', 'This is no bundle of Keyway, or its end is missing.', cause)
  }
  const said = z.looseObject({ keyway: z.literal('bundle'), version: z.int() }).safeParse(value)
  if (!said.success) throw damaged('envelope', 'This is no bundle of Keyway.')
  if (said.data.version > VERSION) {
    throw new KeywayError('bundle_newer', {
      details: { step: 'version', version: said.data.version, supported: VERSION },
    })
  }
  const parsed = envelope.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw damaged(
    'envelope',
    'The bundle was changed since it was made, or a part of it is missing.',
    parsed.error,
    {
      field: issue?.path.join('.') ?? '',
    },
  )
}

// All fields in a fixed order, independent of order and whitespace in the file.
function authenticated({ version, createdAt, kdf, cipher, compression }: Header): string {
  const { N, r, p } = kdf.cost
  return `keyway bundle ${JSON.stringify([version, createdAt, kdf.name, N, r, p, kdf.salt, cipher, compression])}`
}

/** Detects accidents only; the authentication tag detects manipulation. */
function checksum(head: Header, box: string): string {
  return createHash('sha256')
    .update(`${authenticated(head)}\n${box}`)
    .digest('hex')
}

function damaged(
  step: 'envelope' | 'checksum' | 'content',
  message: string,
  cause?: unknown,
  details: { field?: string } = {},
): KeywayError {
  return new KeywayError('bundle_damaged', { message, details: { step, ...details }, cause })
}
