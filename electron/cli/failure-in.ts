import { parseJson } from '../../shared/domain/exact-json.ts'
import type { IncomingMessage } from 'node:http'
import { readFailure, type KeywayCallError } from '../../shared/client/keyway-call-error.ts'

/** What a streamed answer says is wrong, when it is Keyway's own. */
export async function failureIn(answer: IncomingMessage): Promise<KeywayCallError> {
  const text = Buffer.concat(await answer.toArray()).toString('utf8')
  return readFailure({
    ok: false,
    status: answer.statusCode ?? 0,
    headers: { get: () => null },
    text: () => Promise.resolve(text),
    json: async () => parseJson(text),
  })
}
