import { Check, CircleQuestionMark, Minus } from 'lucide-react'

export type ScopeStanding = 'granted' | 'missing' | 'unconfirmed'

const icons = { granted: Check, missing: Minus, unconfirmed: CircleQuestionMark }
const colors = { granted: 'text-ok', missing: 'text-wait', unconfirmed: 'text-faint' }

type ScopeListProps = {
  scopes: readonly string[]
  /** What they mean, where that is known. */
  meanings: Readonly<Record<string, string>>
  /** `unconfirmed`: asked for, and nobody has said that they were granted. */
  standing?: ScopeStanding
}

/** Scopes one under the other, each with its meaning where there is one. */
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
