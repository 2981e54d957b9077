import { Check, Copy } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import { copyText } from '../../lib/browser.ts'
import { text } from '../../lib/text.ts'
import { Button, type ButtonLook, IconButton } from '../input/button.tsx'

/** How long "Copied" is shown. */
const SHOWN_MS = 1800

export type CopyState = 'idle' | 'copied' | 'refused'

function useCopy(): { state: CopyState; copy(value: string): Promise<void> } {
  const [state, setState] = useState<CopyState>('idle')
  useEffect(() => {
    if (state === 'idle') return undefined
    const timer = setTimeout(() => setState('idle'), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [state])
  return {
    state,
    async copy(value) {
      setState((await copyText(value)) ? 'copied' : 'refused')
    },
  }
}

type CopyButtonProps = { value: string; label: string; look?: ButtonLook; size?: 'sm' | 'md' }

/** A button that names what it copies, then confirms it. */
export function CopyButton({ value, label, look = 'secondary', size = 'md' }: CopyButtonProps) {
  const { state, copy } = useCopy()
  return (
    <Button look={look} size={size} icon={<CopyIcon state={state} />} onClick={() => void copy(value)}>
      {/* Both labels share one grid cell, so that the width never changes. */}
      <span className="grid">
        <span className={`col-start-1 row-start-1 ${state === 'idle' ? '' : 'invisible'}`}>{label}</span>
        <span className={`col-start-1 row-start-1 ${state === 'idle' ? 'invisible' : ''}`} aria-live="polite">
          {state === 'refused' ? text.common.copyRefused : text.common.copied}
        </span>
      </span>
    </Button>
  )
}

export function CopyIconButton({ value, label }: { value: string; label: string }) {
  const { state, copy } = useCopy()
  const name = { idle: label, copied: text.common.copied, refused: text.common.copyRefused }[state]
  return <IconButton label={name} icon={<CopyIcon state={state} />} onClick={() => void copy(value)} />
}

function CopyIcon({ state }: { state: CopyState }) {
  return state === 'copied' ? (
    <Check aria-hidden="true" className="text-ok animate-pop" />
  ) : (
    <Copy aria-hidden="true" />
  )
}

/** A value to copy exactly as shown. */
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

/** Text to copy. Lines wrap, so that nothing is clipped. */
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
