import type { Protocol } from '../chromium/protocol.ts'
import type { CustomSchemes } from '../session/custom-scheme.ts'

type HeaderEntry = Protocol.Fetch.HeaderEntry

/**
 * Everything but popups and leaving for other programs. Chromium then answers window.open with null and opens
 * nothing, as Electron does after a refusal, and still reports each attempt.
 */
const noPopups =
  'sandbox allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock allow-presentation allow-same-origin allow-scripts'

const policyName = 'content-security-policy'
const policyNames = new Set([policyName, 'content-security-policy-report-only'])

/**
 * Headers as Chromium gets them: the app's policies in Chromium's addresses, and no popups in documents.
 * Policies of one kind go into one header.
 */
export function toPageHeaders(
  headers: readonly HeaderEntry[],
  schemes: CustomSchemes,
  { isDocument }: { isDocument: boolean },
): HeaderEntry[] {
  const policies = new Map<string, string[]>()
  if (isDocument) policies.set(policyName, [noPopups])
  const others: HeaderEntry[] = []
  for (const { name, value } of headers) {
    const lowerName = name.toLowerCase()
    if (policyNames.has(lowerName)) {
      policies.set(lowerName, [...(policies.get(lowerName) ?? []), schemes.toPagePolicy(value)])
    } else others.push({ name, value })
  }
  return [...others, ...[...policies].map(([name, values]) => ({ name, value: values.join(', ') }))]
}
