import { KeywayError } from '../../../shared/contract/errors.ts'

/** The framework's own failures in Keyway's words. */
export function asHttpFailure(error: unknown): KeywayError {
  if (error instanceof KeywayError) return error
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new KeywayError('payload_too_large', { cause: error })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new KeywayError('unsupported_media_type', { cause: error })
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new KeywayError('invalid_request', {
      message:
        code === 'FST_ERR_BAD_URL' ? 'The address has a broken percent-encoding.' : 'The body is not JSON.',
      details: { field: code === 'FST_ERR_BAD_URL' ? 'url' : 'body' },
      cause: error,
    })
  }
  return new KeywayError('internal_error', { cause: error })
}
