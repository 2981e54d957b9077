import { KeywayError } from '../../../shared/contract/errors.ts'
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import { PrivateTargetError } from './pinned-lookup.ts'
import { privateTarget } from './upstreams.ts'

/** Why the API could not be reached, in Keyway's words. */
export function upstreamFailure(error: Error, url: TargetUrl): KeywayError {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof PrivateTargetError) return privateTarget(url)
    const { code } = at as NodeJS.ErrnoException
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
      return new KeywayError('deadline_exceeded', {
        message: `${url.host} did not answer in time.`,
        cause: error,
      })
    }
    if (typeof code === 'string' && /CERT|SIGNED|ERR_TLS/.test(code)) {
      return new KeywayError('config_error', {
        message: `The certificate of ${url.host} is not trusted (${code}).`,
        nextStep: 'Add its certificate authority to the provider or under Settings, if you know it.',
        cause: error,
      })
    }
  }
  return new KeywayError('provider_unreachable', {
    message: `${url.host} could not be reached.`,
    cause: error,
  })
}
