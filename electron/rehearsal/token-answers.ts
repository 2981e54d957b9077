// The odd ways in which real token endpoints write a good answer.
import type { RehearsalBehaviour } from './behaviour.ts'

export type TokenAnswer = { body: Record<string, unknown> | string; status: number; type: string }

/** A token answer of oidc-provider in the shape that is being rehearsed. Pure. */
export function shapeTokenAnswer(
  given: Record<string, unknown>,
  behaviour: RehearsalBehaviour,
  grantType: string | null,
): TokenAnswer {
  const answer = { ...given }
  shapeExpiry(answer, behaviour.expiresIn)
  if (behaviour.tokenType === 'omitted') delete answer['token_type']
  if (behaviour.tokenType === 'lowercase') answer['token_type'] = String(answer['token_type']).toLowerCase()
  if (grantType === 'refresh_token' && behaviour.refreshTokenOnRefresh === 'omitted')
    delete answer['refresh_token']

  const status = behaviour.tokenAnswerStatus
  if (behaviour.tokenAnswerFormat === 'json') return { body: answer, status, type: 'application/json' }
  const pairs = Object.entries(answer).map(([name, value]): [string, string] => [name, String(value)])
  return {
    body: new URLSearchParams(pairs).toString(),
    status,
    type: 'application/x-www-form-urlencoded',
  }
}

function shapeExpiry(answer: Record<string, unknown>, shape: RehearsalBehaviour['expiresIn']): void {
  const seconds = answer['expires_in']
  if (shape === 'omitted') delete answer['expires_in']
  if (shape === 'string') answer['expires_in'] = String(seconds)
  if (shape === 'milliseconds') answer['expires_in'] = Number(seconds) * 1000
}
