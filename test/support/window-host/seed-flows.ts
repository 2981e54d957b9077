import { KeywayError, toErrorBody } from '../../../shared/contract/errors.ts'
import type { Flow } from '../../../shared/contract/flow.ts'

/** A sign-in in each of its states. */
export function flowsOf(now: number): Record<Flow['kind'] | 'confirming_rounded', Flow> {
  const base = {
    id: 'flw_1',
    providerId: 'prv_google',
    providerSlug: 'google',
    providerName: 'Google',
    connectionId: null,
    account: null,
    startedAt: now,
    expiresAt: now + 9 * 60_000,
  }
  return {
    waiting_for_browser: {
      ...base,
      kind: 'waiting_for_browser',
      authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=made-up&state=made-up',
      redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
      opened: true,
      warning: null,
    },
    showing_code: {
      ...base,
      kind: 'showing_code',
      userCode: 'WDJB-MJHT',
      verificationUri: 'https://www.google.com/device',
      verificationUriComplete: 'https://www.google.com/device?code=WDJB-MJHT',
      intervalSeconds: 5,
    },
    exchanging: { ...base, kind: 'exchanging' },
    choosing_resource: {
      ...base,
      kind: 'choosing_resource',
      options: [
        { id: 'site-1', label: 'acme.atlassian.net' },
        { id: 'site-2', label: 'beta.atlassian.net' },
      ],
    },
    confirming_account: {
      ...base,
      connectionId: 'con_google',
      account: 'private',
      kind: 'confirming_account',
      was: 'ada.lovelace@example.com',
      is: 'someone.else@example.com',
      about: 'other_account',
    },
    confirming_rounded: {
      ...base,
      connectionId: 'con_google',
      account: 'private',
      kind: 'confirming_account',
      was: 'ada.lovelace@example.com (948493988897554400)',
      is: 'ada.lovelace@example.com (948493988897554433)',
      about: 'rounded_id',
    },
    done: {
      ...base,
      kind: 'done',
      connectionId: 'con_google_old',
      account: 'reports',
      identityLabel: 'reports@acme.example',
      grantedScopes: ['openid', 'email'],
      missingScopes: ['https://www.googleapis.com/auth/calendar'],
      warning: 'No refresh token came: this connection stops working at 14:05.',
    },
    failed: { ...base, kind: 'failed', failure: toErrorBody(new KeywayError('access_denied')) },
    cancelled: { ...base, kind: 'cancelled' },
  }
}
