import { KeywayError } from '../../../shared/contract/errors.ts'

/** For routes that are described here but answered by the front door, which is faster; the framework never sees a request for them. */
export function answeredInFront(): never {
  throw new KeywayError('internal_error')
}
