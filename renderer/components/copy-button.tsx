import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { copyText } from '../lib/clipboard.ts'
import { text } from '../lib/text.ts'
import { Button, type ButtonLook } from './button.tsx'
import { IconButton } from './icon-button.tsx'

/** How long "Copied" stands. */
const SHOWN_MS = 1800

export type CopyState = 'idle' | 'copied' | 'refused'

export function useCopy(): { state: CopyState; copy(value: string): Promise<void> } {
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

/** Says what it copies, then that it did. */
export function CopyButton({ value, label, look = 'secondary', size = 'md' }: CopyButtonProps) {
  const { state, copy } = useCopy()
  return (
    <Button look={look} size={size} icon={<CopyIcon state={state} />} onClick={() => void copy(value)}>
      {/* Both words share one cell, so that the width never changes. */}
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
