import type { Protocol } from '../chromium/protocol.ts'
import type { CustomSchemes } from '../session/custom-scheme.ts'

type HeaderEntry = Protocol.Fetch.HeaderEntry

/**
 * Everything but popups and leaving for other programs. Chromium then answers window.open with null and opens nothing,
 * as Electron does after a refusal, and still reports each attempt.
 */
const noPopups =
  'sandbox allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock allow-presentation allow-same-origin allow-scripts'

const policyNames = new Set(['content-security-policy', 'content-security-policy-report-only'])

/** Headers as Chromium gets them: the app's policies in Chromium's addresses, and no popups in documents. */
export function toPageHeaders(
  headers: readonly HeaderEntry[],
  schemes: CustomSchemes,
  { isDocument }: { isDocument: boolean },
): HeaderEntry[] {
  const translated = headers.map(({ name, value }) =>
    policyNames.has(name.toLowerCase()) ? { name, value: schemes.toPagePolicy(value) } : { name, value },
  )
  return isDocument ? [...translated, { name: 'Content-Security-Policy', value: noPopups }] : translated
}
