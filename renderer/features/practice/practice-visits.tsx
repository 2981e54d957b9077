import type { PracticeCounts, PracticeVisit } from '../../../shared/contract/practice-provider.ts'
import { Facts, Moment } from '../../components/display/facts.tsx'
import { Card } from '../../components/layout/page.tsx'
import { classes } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'

const words = text.practice

export function PracticeCountsView({ counts }: { counts: PracticeCounts }) {
  const names = Object.keys(words.count) as (keyof PracticeCounts)[]
  return (
    <Facts
      facts={names.map((name) => ({
        label: words.count[name],
        // The one count that must stay 0: reuse of a used-up refresh token is a defect.
        value: (
          <span
            className={classes(
              'tabular-nums',
              name === 'reuseDetections' && counts[name] > 0 && 'text-bad font-semibold',
            )}
          >
            {counts[name]}
          </span>
        ),
      }))}
    />
  )
}

export function PracticeVisits({ visits }: { visits: readonly PracticeVisit[] }) {
  if (visits.length === 0) {
    return (
      <Card className="text-muted px-4 py-3 text-sm">
        <p>{words.noVisits}</p>
      </Card>
    )
  }
  return (
    <Card>
      {/* Focusable, so that the keyboard can scroll clipped content. */}
      <div role="group" aria-label={words.visits} tabIndex={0} className="overflow-x-auto rounded-lg">
        <table className="w-full text-left text-xs">
          <thead className="text-muted">
            <tr className="border-line border-b [&>th]:px-3 [&>th]:py-2 [&>th]:font-medium [&>th]:whitespace-nowrap">
              <th scope="col">{words.visit.at}</th>
              <th scope="col">{words.visit.request}</th>
              <th scope="col">{words.visit.answer}</th>
              <th scope="col">{words.visit.note}</th>
            </tr>
          </thead>
          <tbody className="divide-line divide-y">
            {visits.slice(0, 30).map((visit) => (
              <Visit key={visit.sequence} visit={visit} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}

function Visit({ visit }: { visit: PracticeVisit }) {
  const notes = [visit.error, visit.fault, visit.refresh === null ? null : words.refresh[visit.refresh]]
  const bad = visit.refresh === 'reuse-detected'
  return (
    <tr className="[&>td]:px-3 [&>td]:py-2 [&>td]:align-baseline">
      <td className="text-muted whitespace-nowrap">
        <Moment at={visit.at} />
      </td>
      <td>
        <code>
          {visit.method} {visit.endpoint}
        </code>
        {visit.grantType !== null && <span className="text-muted"> {visit.grantType}</span>}
      </td>
      <td className="tabular-nums">{visit.status ?? words.noAnswer}</td>
      <td className={bad ? 'text-bad' : 'text-muted'}>{notes.filter((note) => note !== null).join(' · ')}</td>
    </tr>
  )
}
