import { toast } from 'sonner'
import type { IntegrityChange, IntegrityFinding } from '../../../shared/contract/integrity.ts'
import { isolated } from '../../../shared/contract/name.ts'
import { Badge } from '../../components/display/badge.tsx'
import { Button } from '../../components/input/button.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Card } from '../../components/layout/page.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'

const words = text.integrity

/** One change: what it is, its effect until the decision, old and new values, and the decision. */
export function FindingCard({ finding }: { finding: IntegrityFinding }) {
  const decide = useCall('integrity.decide', 'told')
  const run = async (decision: 'use' | 'restore'): Promise<void> => {
    const answer = await decide.run({ id: finding.id, decision })
    if (answer !== null) toast.success(decision === 'use' ? words.used : words.restored)
  }
  const isWhole = ['log', 'manifest', 'older_folder', 'connection'].includes(finding.kind)
  return (
    <Card className="px-4 py-3.5">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone="bad">{words.kinds[finding.kind]}</Badge>
        <h3 className="text-ink text-sm font-medium break-words">{isolated(finding.subject)}</h3>
      </div>
      <p className="text-ink mt-1.5 text-sm text-pretty break-words">{finding.message}</p>
      <p className="text-muted text-sm text-pretty">{words.effects[finding.kind]}</p>
      {finding.changes.length > 0 && <Changes changes={finding.changes} />}
      <Failure failure={decide.failure} />
      <div className="mt-3 flex flex-wrap gap-2">
        {finding.canRestore && (
          <Button look="primary" pending={decide.pending} onClick={() => void run('restore')}>
            {finding.how === 'added' && finding.kind !== 'setting' ? words.remove : words.restore}
          </Button>
        )}
        <Button pending={decide.pending} onClick={() => void run('use')}>
          {isWhole ? words.takeAsIs : words.takeOver}
        </Button>
      </div>
    </Card>
  )
}

function Changes({ changes }: { changes: readonly IntegrityChange[] }) {
  return (
    <ul className="border-line mt-3 flex flex-col gap-2.5 border-t pt-3">
      {changes.map(({ field, before, after }) => (
        <li key={field} className="text-sm">
          <p className="text-muted text-xs">
            <span className="sr-only">{words.field}: </span>
            <code className="break-all">{field}</code>
          </p>
          <dl className="grid gap-x-4 gap-y-0.5 sm:grid-cols-2">
            <Value label={words.before} value={before} />
            <Value label={words.after} value={after} />
          </dl>
        </li>
      ))}
    </ul>
  )
}

function Value({ label, value }: { label: string; value: string | null }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-2xs">{label}</dt>
      <dd className="text-ink break-all">
        {value === null ? <span className="text-muted">{words.nothing}</span> : isolated(value)}
      </dd>
    </div>
  )
}
