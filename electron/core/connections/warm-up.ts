// Loads and compiles the code of a refresh before the first real one, with made-up responses; nothing leaves
// the process. Otherwise the first refresh would take longer between the response and the disk, and a crash
// in that time would lose a rotated authorization.
import { providerSpec } from '../../../shared/contract/provider-spec.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { createOAuthClient } from '../oauth/client.ts'
import type { ResolvedProvider, TokenResponse } from '../oauth/types.ts'
import type { Clock, Logger } from '../ports.ts'
import type { SecretBox } from '../vault/status.ts'
import { encodeRecord } from '../storage/records.ts'
import { newConnection, refreshedRecord } from './store/record.ts'

/** Enough runs for the compiler to optimize each step. */
const TIMES = 20
const MAX_MS = 10_000

type Deps = { box: SecretBox; clock: Clock; logger: Logger }

/** To be awaited before a refresh is sent; runs once. Needs an unlocked vault. Never throws. */
export function createWarmUp(deps: Deps): () => Promise<void> {
  let running: Promise<void> | null = null
  return () => (running ??= warmUp(deps))
}

async function warmUp({ box, clock, logger }: Deps): Promise<void> {
  const provider = madeUpProvider()
  const oauth = createOAuthClient({
    fetchFor: () => () => Promise.resolve(madeUpAnswer()),
    clock,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    userAgent: 'Keyway',
  })
  try {
    for (let time = 0; time < TIMES; time += 1) {
      const outcome = await oauth.refresh(provider, MADE_UP_REQUEST, AbortSignal.timeout(MAX_MS))
      if (outcome.kind !== 'ok') throw new Error(outcome.code)
      makeRecord({ box, now: clock.now() }, provider, outcome.response)
    }
  } catch (error) {
    logger.debug('The way of a refresh could not be warmed up', { error })
  }
}

function makeRecord(
  { box, now }: { box: SecretBox; now: number },
  { id, spec, clientSecret }: ResolvedProvider,
  answer: TokenResponse,
): void {
  const tools = { box, spec, clientSecret, now }
  const record = newConnection(
    {
      providerId: id,
      account: 'made up',
      isDefault: true,
      browser: null,
      how: 'authorization_code',
      identity: { id: null, label: null },
      requestedScopes: [],
      values: {},
    },
    answer,
    tools,
  )
  encodeRecord(record.id, refreshedRecord(record, answer, tools))
}

const quiet = (): void => undefined

const madeUpAnswer = (): Response =>
  Response.json({
    access_token: 'made-up-access-token',
    refresh_token: 'made-up-refresh-token',
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'read write',
  })

const madeUpProvider = (): ResolvedProvider => ({
  id: 'warm-up',
  slug: 'warm-up',
  name: 'Warm-up',
  clientId: 'made-up-client',
  clientSecret: new Secret('made-up-secret'),
  spec: providerSpec.parse({
    endpoints: { authorization: 'https://warm-up.invalid/authorize', token: 'https://warm-up.invalid/token' },
  }),
  parameters: {},
  extraCa: null,
})

const MADE_UP_REQUEST = {
  refreshToken: new Secret('made-up-refresh-token'),
  accessToken: new Secret('made-up-access-token'),
  scopes: ['read', 'write'],
  redirectUri: null,
  dpopKey: null,
  values: {},
}
