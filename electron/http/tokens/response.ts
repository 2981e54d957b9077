import type { ServerResponse } from 'node:http'
import { toIsoMomentOrNull } from '../../../shared/contract/http/common.ts'
import type { TokenResponseBody } from '../../../shared/contract/http/token.ts'
import type { ServedToken } from '../../core/connections/tokens/types.ts'
import { COMMON_HEADERS } from '../server/respond.ts'

/** What a token call answers; the secret leaves here. */
function tokenAnswer(token: ServedToken, nowMs: number): TokenResponseBody {
  return {
    data: {
      accessToken: token.accessToken.reveal(),
      tokenType: token.tokenType,
      expiresAt: toIsoMomentOrNull(token.expiresAt),
      expiresIn: secondsLeft(token, nowMs),
      scopes: [...token.scopes],
      account: token.account,
      connectionId: token.connectionId,
      provider: token.providerSlug,
      ...(token.header === null
        ? {}
        : { header: { name: token.header.name, value: token.header.value.reveal() } }),
      ...(token.maxLifetimeReached ? { maxLifetimeReached: true } : {}),
    },
  }
}

function secondsLeft({ expiresAt }: ServedToken, nowMs: number): number | null {
  return expiresAt === null ? null : Math.max(0, Math.floor((expiresAt - nowMs) / 1000))
}

/** Nothing in the answer but `expiresIn` ever changes, so it is made once a second for each token. */
type Prepared = {
  readonly secondsLeft: number | null
  readonly text: string
  readonly encoding: 'latin1' | 'utf8'
  /** Names and values in turn, which node takes as they are. */
  readonly headers: string[]
}

const prepared = new WeakMap<ServedToken, Prepared>()
const HEADERS = Object.entries({
  ...COMMON_HEADERS,
  'content-type': 'application/json; charset=utf-8',
}).flat()

export function sendToken(response: ServerResponse, token: ServedToken, nowMs: number): void {
  const left = secondsLeft(token, nowMs)
  const known = prepared.get(token)
  const { text, encoding, headers } = known?.secondsLeft === left ? known : prepare(token, nowMs)
  response.writeHead(200, headers)
  // A body that is text leaves in one write with its head.
  response.end(text, encoding)
}

function prepare(token: ServedToken, nowMs: number): Prepared {
  const text = JSON.stringify(tokenAnswer(token, nowMs))
  const bytes = Buffer.byteLength(text)
  const answer: Prepared = {
    secondsLeft: secondsLeft(token, nowMs),
    text,
    encoding: bytes === text.length ? 'latin1' : 'utf8',
    headers: [...HEADERS, 'content-length', String(bytes)],
  }
  prepared.set(token, answer)
  return answer
}
