import { useId } from 'react'
import { CopyIconButton } from './copy-button.tsx'

/** A value to take away exactly as it stands. */
export function CopyField({ label, value, copyLabel }: { label: string; value: string; copyLabel: string }) {
  const id = useId()
  return (
    <div
      role="group"
      aria-labelledby={id}
      className="border-line-strong bg-sunken flex min-w-0 items-center gap-1 rounded-md border py-0.5 pr-0.5 pl-2.5"
    >
      <span id={id} className="sr-only">
        {label}
      </span>
      <code className="text-ink min-w-0 flex-1 py-1 text-xs break-all select-all">{value}</code>
      <CopyIconButton value={value} label={copyLabel} />
    </div>
  )
}
