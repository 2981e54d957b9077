// What a person can rehearse, in the words of the provider's behaviour. Each situation is the whole behaviour, so that none is left over
// from the one before.
import type { RehearsalSituation } from '../../shared/contract/rehearsal.ts'
import { behaviourSchema } from './behaviour.ts'
import type { RehearsalBehaviour, RehearsalBehaviourChange } from './behaviour.ts'

/** Time enough to see that a caller waits for it. */
const RETRY_AFTER_SECONDS = 5

export function behaviourFor(situation: RehearsalSituation): RehearsalBehaviour {
  return behaviourSchema.parse(changeFor(situation))
}

function changeFor(situation: RehearsalSituation): RehearsalBehaviourChange {
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
  // What is revoked is revoked; from then on the provider is an ordinary one.
  return {}
}
