import { useId, type ReactNode } from 'react'

/** One numbered part of a longer form. */
export function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="grid grid-cols-[auto_1fr] gap-x-3">
      <span
        aria-hidden="true"
        className="bg-accent-soft text-accent grid size-6 place-items-center rounded-full text-xs font-semibold tabular-nums"
      >
        {number}
      </span>
      <div className="min-w-0">
        <h2 id={id} className="text-ink mb-3.5 pt-0.5 text-base font-semibold tracking-[-0.012em]">
          {title}
        </h2>
        <div className="flex flex-col gap-4">{children}</div>
      </div>
    </section>
  )
}
