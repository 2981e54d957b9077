import { X } from 'lucide-react'
import { type ChangeEvent, type ClipboardEvent, type KeyboardEvent, useState } from 'react'
import { parseScopes, typedScopes } from '../../../shared/contract/scope-list.ts'
import { classes } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'
import type { FieldIds } from './field.tsx'

type ChipsInputProps = FieldIds & {
  values: readonly string[]
  onChange: (values: string[]) => void
  placeholder?: string
  /** Pasted scopes are read like those of a provider. */
  kind?: 'words' | 'scopes'
  /** The meaning of one value, shown in its tooltip. */
  meaningOf?: (value: string) => string | undefined
}

const BETWEEN_WORDS = /[\s,]+/

/**
 * A list of short words: Enter, comma or space completes one; Backspace in the empty field edits the last
 * one.
 */
export function ChipsInput({
  values,
  onChange,
  placeholder,
  kind = 'words',
  meaningOf,
  ...ids
}: ChipsInputProps) {
  const { typed, ...handlers } = useWords({ values, onChange, kind })

  return (
    <div
      className={classes(
        'bg-surface border-field-line shadow-control flex min-h-8 w-full flex-wrap items-center gap-1 rounded-md border px-1.5 py-1',
        'focus-within:border-accent focus-within:outline-accent focus-within:outline-1',
        ids['aria-invalid'] === true && 'border-bad',
      )}
    >
      {values.map((value) => (
        <Chip
          key={value}
          value={value}
          meaning={meaningOf?.(value)}
          onRemove={() => onChange(values.filter((other) => other !== value))}
        />
      ))}
      <input
        {...ids}
        value={typed}
        {...handlers}
        placeholder={values.length === 0 ? placeholder : undefined}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        className="min-w-32 flex-1 bg-transparent px-1 font-mono text-xs outline-none max-sm:text-base"
      />
    </div>
  )
}

/** The field of the words: what is typed in it, and its handlers. */
function useWords({
  values,
  onChange,
  kind,
}: Required<Pick<ChipsInputProps, 'values' | 'onChange' | 'kind'>>) {
  const [typed, setTyped] = useState('')

  const append = (words: readonly string[]): void => {
    const fresh = words.filter((word) => word !== '' && !values.includes(word))
    if (fresh.length > 0) onChange([...values, ...new Set(fresh)])
    setTyped('')
  }
  const add = (raw: string): void => append(kind === 'scopes' ? typedScopes(raw) : raw.split(BETWEEN_WORDS))
  const onPaste = (event: ClipboardEvent<HTMLInputElement>): void => {
    const names = kind === 'scopes' ? parseScopes(event.clipboardData.getData('text')) : null
    if (names === null || names.length < 2 || typed !== '') return
    event.preventDefault()
    append(names)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter' || event.key === ',') {
      if (typed.trim() === '' && event.key === 'Enter') return
      event.preventDefault()
      add(typed)
    } else if (event.key === 'Backspace' && typed === '' && values.length > 0) {
      event.preventDefault()
      setTyped(values.at(-1) ?? '')
      onChange(values.slice(0, -1))
    }
  }
  return {
    typed,
    onKeyDown,
    onPaste,
    onBlur: () => add(typed),
    onChange(event: ChangeEvent<HTMLInputElement>) {
      const next = event.target.value
      if (BETWEEN_WORDS.test(next) && next.trim() !== '') add(next)
      else setTyped(next.trimStart())
    },
  }
}

function Chip({
  value,
  meaning,
  onRemove,
}: {
  value: string
  meaning: string | undefined
  onRemove: () => void
}) {
  return (
    <span
      title={meaning}
      className="bg-active text-ink flex max-w-full items-center gap-0.5 rounded-sm py-0.5 pl-1.5 font-mono text-xs"
    >
      <span className="min-w-0 break-all">{value}</span>
      <button
        type="button"
        aria-label={text.common.removeValue(value)}
        onClick={onRemove}
        className="text-muted hover:text-ink grid size-5 shrink-0 place-items-center rounded-sm"
      >
        <X aria-hidden="true" className="size-3" />
      </button>
    </span>
  )
}
