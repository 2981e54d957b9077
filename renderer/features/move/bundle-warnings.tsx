import type { BundleWarning } from '../../../shared/contract/transfer.ts'
import { Callout } from '../../components/feedback/callout.tsx'
import { text } from '../../lib/text.ts'

export function BundleWarnings({ warnings }: { warnings: readonly BundleWarning[] }) {
  if (warnings.length === 0) return null
  return (
    <Callout tone="wait" title={text.move.warnings}>
      <ul className="flex list-disc flex-col gap-1 pl-4">
        {warnings.map((warning) => (
          <li key={`${warning.code}:${warning.connectionId ?? warning.message}`}>{warning.message}</li>
        ))}
      </ul>
    </Callout>
  )
}
