// The current behavior of the practice provider: one value, changed in parts while it runs.
import { z } from 'zod'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { PracticeSituation } from '../../shared/contract/practice-provider.ts'
import type { PracticeEndpoint } from './endpoints.ts'
import { faultSchema, type PracticeFault } from './faults.ts'

const seconds = z
  .int()
  .positive()
  .max(10 * 365 * 86_400)

const outageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** The port is closed: connections are refused. With `forMs` it reopens after that time. */
  z.strictObject({
    kind: z.literal('refused'),
    forMs: z.int().positive().max(600_000).optional(),
  }),
])

const behaviourSchema = z.strictObject({
  /** Lifetime of the access tokens issued from now on. */
  accessTokenSeconds: seconds.default(3600),
  /** Lifetime of the refresh tokens issued from now on. */
  refreshTokenSeconds: seconds.default(14 * 86_400),
  /**
   * Whether a refresh returns a new refresh token and uses up the old one; reuse of a used-up one revokes the
   * grant.
   */
  rotateRefreshTokens: z.boolean().default(true),
  /**
   * Who receives a refresh token: requests with `offline_access` (OpenID Connect needs `prompt=consent` for
   * it), all, or none.
   */
  issueRefreshTokens: z.enum(['offline_access', 'always', 'never']).default('offline_access'),
  /**
   * Whether the response to a refresh contains a refresh token. `omitted` keeps the old one valid, as Google
   * does.
   */
  refreshTokenOnRefresh: z.enum(['given', 'omitted']).default('given'),
  /** How `expires_in` is written. */
  expiresIn: z.enum(['number', 'string', 'milliseconds', 'omitted']).default('number'),
  /** How `token_type` is written. */
  tokenType: z.enum(['as-is', 'lowercase', 'omitted']).default('as-is'),
  /** The token response as JSON or form-encoded. */
  tokenAnswerFormat: z.enum(['json', 'form']).default('json'),
  /** The status of a successful token response. */
  tokenAnswerStatus: z.union([z.literal(200), z.literal(201)]).default(200),
  /** Whether DPoP proofs at the token endpoint need the server's nonce (RFC 9449 section 8). */
  requireDpopNonce: z.boolean().default(false),
  /** Polling interval of the device flow in seconds; fractions are allowed here for fast tests. */
  deviceIntervalSeconds: z.number().positive().max(60).default(1),
  /** Clock error of the Date header of every response. */
  dateSkewMs: z
    .int()
    .min(-86_400_000 * 365)
    .max(86_400_000 * 365)
    .default(0),
  /** This account signs in, whichever one is chosen: tests the detection of another account. */
  signInAs: z.string().min(1).max(200).nullable().default(null),
  outage: outageSchema.default({ kind: 'none' }),
  /** Applied in this order: the first fault that matches a request is used for it. */
  faults: z.array(faultSchema).max(100).default([]),
})

export type PracticeBehaviour = z.output<typeof behaviourSchema>

/** Any part of a behavior; what is not named stays as it is. `faults` replaces the whole list. */
export type PracticeBehaviourChange = Partial<z.input<typeof behaviourSchema>>

type FaultTarget = { endpoint: PracticeEndpoint; grantType: string | null }

export type BehaviourSwitch = {
  now(): PracticeBehaviour
  /** @throws KeywayError `invalid_request` that names the field; nothing is changed then. */
  change(change: unknown): PracticeBehaviour
  reset(): PracticeBehaviour
  /** The fault for this request, if any; lowers its remaining count. */
  takeFault(struck: FaultTarget): PracticeFault | null
}

export function createBehaviourSwitch(initial: PracticeBehaviourChange = {}): BehaviourSwitch {
  let current = parseBehaviour(initial)

  return {
    now: () => current,
    change(change) {
      if (typeof change !== 'object' || change === null || Array.isArray(change)) {
        throw new KeywayError('invalid_request', { message: 'A change of behaviour is an object.' })
      }
      current = parseBehaviour({ ...current, ...change })
      return current
    },
    reset() {
      current = parseBehaviour({})
      return current
    },
    takeFault(struck) {
      const fault = current.faults.find((candidate) => fits(candidate, struck))
      if (fault === undefined) return null
      current = { ...current, faults: countDown(current.faults, fault) }
      return fault
    },
  }
}

const withoutAfter: ReadonlySet<PracticeEndpoint> = new Set(['api', 'sign-in', 'other'])

function fits(fault: PracticeFault, struck: FaultTarget): boolean {
  if (fault.at !== 'everywhere' && fault.at !== struck.endpoint) return false
  // Pages and the API have no "after", so a fault for all endpoints does not apply to them then.
  if (fault.when === 'after' && withoutAfter.has(struck.endpoint)) return false
  return fault.grantType === undefined || fault.grantType === struck.grantType
}

function countDown(faults: readonly PracticeFault[], struck: PracticeFault): PracticeFault[] {
  if (struck.times === undefined) return [...faults]
  const left = struck.times - 1
  return faults.flatMap((fault) => {
    if (fault !== struck) return [fault]
    return left === 0 ? [] : [{ ...fault, times: left }]
  })
}

function parseBehaviour(value: unknown): PracticeBehaviour {
  const parsed = behaviourSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), problem: issue.message }))
  throw new KeywayError('invalid_request', {
    message: `Not a behaviour: ${issues.map(({ field, problem }) => `${field}: ${problem}`).join('; ')}`,
    details: { issues },
    cause: parsed.error,
  })
}

// The situations that a person can practice, as behaviors. Each situation is a complete behavior, so that
// nothing of the previous one remains.

/** Long enough to see that a caller waits. */
const RETRY_AFTER_SECONDS = 5

export function behaviourFor(situation: PracticeSituation): PracticeBehaviour {
  return behaviourSchema.parse(changeFor(situation))
}

function changeFor(situation: PracticeSituation): PracticeBehaviourChange {
  if (situation.situation === 'expiry_soon') {
    return { accessTokenSeconds: situation.seconds, rotateRefreshTokens: false }
  }
  if (situation.situation === 'rotation') {
    return { accessTokenSeconds: situation.seconds, rotateRefreshTokens: true }
  }
  if (situation.situation === 'outage') {
    return situation.how === 'refused'
      ? { outage: { kind: 'refused' } }
      : { faults: [{ kind: 'status', at: 'everywhere', status: 503, retryAfter: RETRY_AFTER_SECONDS }] }
  }
  if (situation.situation === 'slow_answers') {
    const ms = Math.round(situation.seconds * 1000)
    return {
      faults: [
        { kind: 'delay', at: 'token', ms },
        { kind: 'delay', at: 'api', ms },
      ],
    }
  }
  if (situation.situation === 'odd_shapes') {
    return {
      tokenAnswerFormat: 'form',
      tokenAnswerStatus: 201,
      expiresIn: 'string',
      tokenType: 'lowercase',
    }
  }
  // Only revokes; the provider behaves normally afterwards.
  return {}
}
