// Connect by URL: turns an issuer, authorization server, metadata document or protected resource into a
// filled registration form.
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import { isLoopbackHost, isSafeUrl } from '../../../../shared/contract/provider-template.ts'
import { DeadlineExceeded, withDeadline } from '../../async.ts'
import { asDiscoveryError } from '../metadata/metadata.ts'
import { createStepLog, type StepLog } from '../provider-check/context.ts'
import type { HttpTransport } from '../transport/http-exchange.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthClient, type OAuthDeps } from '../types.ts'
import { clientFor, discoveryDraft, missingFields, noClient } from './draft.ts'
import { findServer } from './find-server.ts'

export function createDiscover(deps: OAuthDeps): OAuthClient['discover'] {
  return async (pasted, { redirectUris, extraCa = null, signal }) => {
    const url = addressOf(pasted)
    const log = createStepLog()
    try {
      return await withDeadline(
        { clock: deps.clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal },
        async (inner) => {
          const transport: HttpTransport = {
            fetch: deps.fetchFor(extraCa),
            clock: deps.clock,
            signal: inner,
          }
          const found = await findServer({ transport, userAgent: deps.userAgent, log }, url)
          const { metadata } = found
          const draft = discoveryDraft(found, url)
          const client =
            metadata === null
              ? noClient
              : await clientFor({ deps, transport, log }, metadata, { draft, redirectUris })
          const filled = { ...draft, ...client.fields, spec: { ...draft.spec, ...client.spec } }
          return {
            draft: filled,
            registered: client.registered,
            steps: log.steps,
            missing: missingFields(filled, metadata),
          }
        },
      )
    } catch (error) {
      throw failureOf(error, log)
    }
  }
}

function failureOf(error: unknown, log: StepLog): KeywayError {
  if (error instanceof DeadlineExceeded) {
    return new KeywayError('discovery_failed', {
      message: 'The address did not answer within 10 seconds.',
      details: { steps: log.steps },
      cause: error,
    })
  }
  const failure = asKeywayError(asDiscoveryError(error))
  const { code, message, nextStep, details } = failure
  return new KeywayError(code, {
    message,
    nextStep,
    details: { ...details, steps: log.steps },
    cause: failure,
  })
}

/**
 * An address typed by a person; the scheme may be missing.
 * @throws KeywayError invalid_request
 */
function addressOf(pasted: string): string {
  const text = pasted.trim()
  const bare = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : `${isLoopbackHost((/^[^/?#]*/.exec(text)?.[0] ?? '').replace(/:\d{1,5}$/, '')) ? 'http' : 'https'}://${text}`
  const clean = URL.canParse(bare) ? withoutFragment(new URL(bare)) : ''
  if (isSafeUrl(clean)) return clean
  throw new KeywayError('invalid_request', {
    message: 'That is not an address that can be asked.',
    nextStep: 'Give an https address (http only for this machine), without user name and password.',
    details: { field: 'url' },
  })
}

function withoutFragment(url: URL): string {
  url.hash = ''
  return url.href
}
