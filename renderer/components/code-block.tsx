import { CopyIconButton } from './copy-button.tsx'

/** Text to copy. Lines wrap, so that nothing hides at the side. */
export function CodeBlock({ code, label, copyLabel }: { code: string; label: string; copyLabel: string }) {
  return (
    <figure aria-label={label} className="border-line bg-sunken relative min-w-0 rounded-lg border">
      <pre className="text-ink p-3 pr-12 text-xs leading-5 break-words whitespace-pre-wrap">
        <code>{code}</code>
      </pre>
      <div className="absolute top-1.5 right-1.5">
        <CopyIconButton value={code} label={copyLabel} />
      </div>
    </figure>
  )
}

/** Text of any length to look at: a field, so that arrows, Home and End move in it. */
export function LongText({ value, label, rows }: { value: string; label: string; rows: number }) {
  return (
    <textarea
      readOnly
      aria-label={label}
      value={value}
      rows={rows}
      spellCheck={false}
      className="border-line bg-sunken text-ink block w-full resize-y rounded-lg border p-3 font-mono text-xs leading-5"
    />
  )
}
