import { KeywayError } from '../../shared/contract/errors.ts'
import { Secret } from '../../shared/contract/secret.ts'

const MAX_BYTES = 4096

/** The first line of a stream as a passphrase. @throws KeywayError `invalid_request` when it is empty or too long to be one. */
export async function readPassphrase(input: AsyncIterable<Uint8Array>): Promise<Secret> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of input) {
    bytes = Buffer.concat([bytes, chunk])
    if (bytes.includes('\n') || bytes.length > MAX_BYTES) break
  }
  const [line = ''] = bytes.toString('utf8').split(/\r?\n/, 1)
  bytes.fill(0)
  if (line !== '' && line.length <= 1000) return new Secret(line)
  throw new KeywayError('invalid_request', {
    message: line === '' ? 'No passphrase came on standard input.' : 'The passphrase is too long.',
    nextStep: 'Give it as the first line of standard input, at most 1000 characters.',
    details: { field: 'passphrase' },
  })
}
