import { KeywayCallError } from '../../shared/client/keyway-call-error.ts'
import { asKeywayError, KeywayError } from '../../shared/contract/errors.ts'
import { errorAnswer } from '../../shared/contract/http-api.ts'

/** The same failure, saying what it is about and what became of the rest. */
export function withNote(thrown: unknown, { about, note }: { about: string; note: string }): Error {
  const message = (text: string): string => `${about}: ${text} ${note}`
  if (thrown instanceof KeywayCallError) {
    const body = errorAnswer.parse(thrown.body)
    return new KeywayCallError(thrown.status, { ...body, message: message(body.message), about })
  }
  const { code, nextStep, details, cause, message: text } = asKeywayError(thrown)
  return new KeywayError(code, { message: message(text), nextStep, details: { ...details, about }, cause })
}
