// The device flow of a preset against its record: the request for a code, waiting the provider's way, the
// request for tokens, and its own word for a no.
import { createFakeClock } from '../fake-clock.ts'
import { makeOAuthClient } from '../oauth.ts'
import type { ResolvedProvider } from '../../../electron/core/oauth/types.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { takesScopes } from './demand-authorization.ts'
import { authenticationOf } from './demand-token.ts'
import { fill } from './placeholders.ts'
import { CLIENT_ID, knownValues, type Setup } from './person.ts'
import type { CatalogRecord } from './record.ts'
import { json, tokenReply, type Reply } from './replies.ts'
import { differences, splitUrl, unequal, viewOf, type Demand, type WireView } from './wire-view.ts'

const CODE = 'made-up-device-code'
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

export async function compareDevice(
  provider: ResolvedProvider,
  record: CatalogRecord,
  setup: Setup,
  scopes: readonly string[],
): Promise<string[]> {
  if (record.deviceAuthorizationUrl === null)
    return unequal('device flow', null, provider.spec.endpoints.deviceAuthorization)
  const waits =
    record.options.deviceErrorAliases === undefined ? pending(record) : error('authorization_pending')
  const granted = await run({ provider, scopes }, [
    waits,
    tokenReply({ record, setup, step: 'exchange', nonce: null }),
  ])
  const no = Object.entries(record.options.deviceErrorAliases ?? { access_denied: 'access_denied' }).find(
    ([, meaning]) => meaning === 'access_denied',
  )
  const denied = await run({ provider, scopes }, [no === undefined ? pending(record) : error(no[0])])
  const [code, , poll] = granted.seen
  return [
    ...differences('device code', codeDemand(record, setup), code),
    ...differences('device poll', pollDemand(record, setup), poll),
    ...unequal('device flow: outcome', 'ok', granted.outcome),
    ...unequal('device flow: a no', 'access_denied', denied.outcome),
  ]
}

const error = (name: string): Reply => json({ error: name, error_description: 'made up' }, 400)

/** Twitch says it in a message of its own; everybody else as RFC 8628 has it. */
function pending({ slug }: CatalogRecord): Reply {
  return slug === 'twitch'
    ? json({ status: 400, message: 'authorization_pending' }, 400)
    : error('authorization_pending')
}

function codeDemand(record: CatalogRecord, setup: Setup): Demand {
  return deviceDemand(record, setup, {
    template: record.deviceAuthorizationUrl ?? '',
    // RFC 8628 3.1: the id goes along, however else the client proves itself.
    fields: { client_id: CLIENT_ID, ...scopesOf(record, record.options.deviceScopeParam ?? 'scope') },
  })
}

function pollDemand(record: CatalogRecord, setup: Setup): Demand {
  const { deviceScopeParam } = record.options
  const scopes = deviceScopeParam === undefined ? {} : scopesOf(record, deviceScopeParam)
  return deviceDemand(record, setup, {
    template: record.tokenUrl ?? '',
    fields: { grant_type: GRANT, device_code: CODE, ...scopes },
  })
}

function scopesOf(record: CatalogRecord, name: string): Record<string, string> {
  const { defaultScopes, scopeSeparator } = record
  return takesScopes(record) && defaultScopes.length > 0 ? { [name]: defaultScopes.join(scopeSeparator) } : {}
}

function deviceDemand(
  record: CatalogRecord,
  setup: Setup,
  request: { template: string; fields: Record<string, string> },
): Demand {
  const secret = record.options.deviceFlowWithoutSecret === true ? null : setup.secret
  const { headers, fields } = authenticationOf(record, { ...setup, secret })
  return {
    method: 'POST',
    ...splitUrl(fill(request.template, knownValues(record, setup))),
    headers: { accept: 'application/json', ...headers },
    format: 'form',
    fields: { ...request.fields, ...fields },
  }
}

type Run = { seen: WireView[]; outcome: string }

/** A code, then the given replies one poll after the other. */
async function run(
  { provider, scopes }: { provider: ResolvedProvider; scopes: readonly string[] },
  replies: readonly Reply[],
): Promise<Run> {
  const clock = createFakeClock(Date.now())
  const seen: WireView[] = []
  const left = [...replies]
  const client = makeOAuthClient({
    clock,
    fetchFor: () => (url, init) => {
      if (url.includes('/.well-known/')) return Promise.reject(new TypeError('fetch failed'))
      seen.push(viewOf(url, init))
      const reply = seen.length === 1 ? codeReply : (left.shift() ?? error('expired_token'))
      return Promise.resolve(new Response(reply.text, { status: reply.status }))
    },
  })
  const device = await client.startDevice(provider, scopes)
  const decided = client.pollDevice(provider, device, new AbortController().signal).then(
    ({ kind }) => kind,
    (thrown: unknown) => (thrown instanceof KeywayError ? thrown.code : String(thrown)),
  )
  const outcome = await Promise.race([decided, passTime(clock)])
  return { seen, outcome }
}

const codeReply = json({
  device_code: CODE,
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://device.example.test/',
  expires_in: 900,
  interval: 5,
})

/** Moves the clock on whenever something waits for it. */
async function passTime(clock: ReturnType<typeof createFakeClock>): Promise<string> {
  for (let turn = 0; turn < 5000; turn += 1) {
    await new Promise<void>((resolve) => void setImmediate(resolve))
    if (clock.waiting > 0) clock.advance(1000)
  }
  return 'nothing was decided'
}
