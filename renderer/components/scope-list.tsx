import { Check, Minus } from 'lucide-react'

type ScopeListProps = {
  scopes: readonly string[]
  /** What they mean, where that is known. */
  meanings: Readonly<Record<string, string>>
  missing?: boolean
}

/** Scopes one under the other, each with its meaning where there is one. */
export function ScopeList({ scopes, meanings, missing = false }: ScopeListProps) {
  const Icon = missing ? Minus : Check
  return (
    <ul className="flex flex-col gap-1.5">
      {scopes.map((scope) => (
        <li key={scope} className="flex items-start gap-2 text-sm">
          <Icon
            aria-hidden="true"
            className={`mt-0.5 size-3.5 shrink-0 ${missing ? 'text-wait' : 'text-ok'}`}
          />
          <span className="min-w-0">
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
