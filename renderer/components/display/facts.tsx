import { Check, CircleQuestionMark, Minus } from 'lucide-react'
import type { ReactNode } from 'react'
import { clock, exactTime, relative } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { Tooltip } from '../feedback/tooltip.tsx'

export type Fact = { label: string; value: ReactNode }

/** Named values, two columns where there is room. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="border-line bg-surface shadow-card grid overflow-hidden rounded-lg border sm:grid-cols-2">
      {facts.map(({ label, value }) => (
        <div
          key={label}
          className="border-line -mb-px flex min-w-0 items-baseline justify-between gap-4 border-b px-4 py-2.5 sm:odd:border-r"
        >
          <dt className="text-muted shrink-0 text-xs">{label}</dt>
          <dd className="text-ink min-w-0 text-right text-sm break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A time relative to now, with the exact one in its tooltip. */
export function Moment({ at, as = 'relative' }: { at: number; as?: 'relative' | 'clock' }) {
  const now = useNow(15_000)
  return (
    <Tooltip label={exactTime(at)}>
      <time dateTime={new Date(at).toISOString()} className="tabular-nums">
        {as === 'relative' ? relative(at, now) : clock(at, now)}
      </time>
    </Tooltip>
  )
}

export function Kbd({ keys }: { keys: readonly string[] }) {
  return (
    <span aria-hidden="true" className="flex gap-0.5">
      {keys.map((key) => (
        <kbd
          key={key}
          className="border-line text-faint bg-canvas grid h-4.5 min-w-4.5 place-items-center rounded-sm border px-1 font-sans text-2xs leading-none"
        >
          {key}
        </kbd>
      ))}
    </span>
  )
}

export type ScopeStanding = 'granted' | 'missing' | 'unconfirmed'

const icons = { granted: Check, missing: Minus, unconfirmed: CircleQuestionMark }
const colors = { granted: 'text-ok', missing: 'text-wait', unconfirmed: 'text-faint' }

type ScopeListProps = {
  scopes: readonly string[]
  /** The meaning of the scopes, where it is known. */
  meanings: Readonly<Record<string, string>>
  /** `unconfirmed`: requested, and the provider has not stated whether they were granted. */
  standing?: ScopeStanding
}

/** Scopes as a list, each with its meaning where it is known. */
export function ScopeList({ scopes, meanings, standing = 'granted' }: ScopeListProps) {
  const Icon = icons[standing]
  return (
    <ul className="flex flex-col gap-1.5">
      {scopes.map((scope) => (
        <li key={scope} className="flex items-start gap-2 text-sm">
          <Icon aria-hidden="true" className={`mt-0.5 size-3.5 shrink-0 ${colors[standing]}`} />
          <span className={`min-w-0 ${standing === 'unconfirmed' ? 'text-muted' : ''}`}>
            <code className="text-xs break-all">{scope}</code>
            {meanings[scope] !== undefined && (
              <span className="text-muted block text-xs">{meanings[scope]}</span>
            )}
          </span>
        </li>
      ))}
    </ul>
  )
}
