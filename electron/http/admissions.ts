import type { IncomingMessage } from 'node:http'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { Admission } from './guard.ts'

// What the guard found out, for those who handle the request later. A request that it never saw is never let in.
const admissions = new WeakMap<IncomingMessage, Admission>()

export function noteAdmission(request: IncomingMessage, admission: Admission): void {
  admissions.set(request, admission)
}

export function admissionOf(request: IncomingMessage): Admission {
  const admission = admissions.get(request)
  if (admission === undefined) throw new KeywayError('host_refused')
  return admission
}
