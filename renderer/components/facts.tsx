import type { ReactNode } from 'react'

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
