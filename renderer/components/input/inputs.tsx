import { Eye, EyeOff, FileUp } from 'lucide-react'
import { type ComponentProps, useId, useState } from 'react'
import { classes } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'
import { buttonClasses } from './button.tsx'

export const controlClasses = classes(
  'bg-surface border-field-line text-ink w-full min-w-0 rounded-md border px-2.5 shadow-control',
  'transition-[border-color,box-shadow] duration-120 hover:border-muted',
  'focus-visible:border-accent focus-visible:outline-accent focus-visible:outline-1 focus-visible:outline-offset-0',
  'aria-invalid:border-bad aria-invalid:outline-bad disabled:opacity-60 read-only:bg-sunken',
  'text-sm max-sm:text-lg',
)

export function TextInput({
  mono = false,
  className,
  ...rest
}: ComponentProps<'input'> & { mono?: boolean }) {
  return (
    <input
      type="text"
      spellCheck={false}
      autoCapitalize="off"
      autoComplete="off"
      {...rest}
      className={classes(
        controlClasses,
        'h-8 max-sm:h-10',
        mono && 'font-mono text-xs max-sm:text-base',
        className,
      )}
    />
  )
}

export function TextArea({
  mono = false,
  className,
  ...rest
}: ComponentProps<'textarea'> & { mono?: boolean }) {
  return (
    <textarea
      spellCheck={false}
      rows={4}
      {...rest}
      className={classes(controlClasses, 'py-1.5', mono && 'font-mono text-xs', className)}
    />
  )
}

/** For input that is never shown again; the eye button shows only what is in the field now. */
export function SecretInput({ className, ...rest }: ComponentProps<'input'>) {
  const [shown, setShown] = useState(false)
  return (
    <div className="relative">
      <TextInput
        autoComplete="off"
        data-1p-ignore=""
        {...rest}
        type={shown ? 'text' : 'password'}
        className={classes('pr-9 font-mono', className)}
      />
      <button
        type="button"
        aria-label={shown ? text.common.hideTyped : text.common.showTyped}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
        className="text-muted hover:text-ink absolute inset-y-0 right-0 grid w-8 place-items-center rounded-md"
      >
        {shown ? (
          <EyeOff aria-hidden="true" className="size-4" />
        ) : (
          <Eye aria-hidden="true" className="size-4" />
        )}
      </button>
    </div>
  )
}

type FileButtonProps = {
  label: string
  /** Such as ".json"; empty: any. */
  accept?: string
  onChoose: (file: File) => void
}

/** Lets the person choose a file with the system's dialog. */
export function FileButton({ label, accept = '', onChoose }: FileButtonProps) {
  const id = useId()
  return (
    <span className="focus-within:outline-accent relative inline-flex rounded-md focus-within:outline-2 focus-within:outline-offset-2">
      <label htmlFor={id} className={buttonClasses('secondary', 'md')}>
        <FileUp aria-hidden="true" className="-ml-0.5 size-4" />
        {label}
      </label>
      <input
        id={id}
        type="file"
        accept={accept}
        className="absolute inset-0 size-full opacity-0"
        onChange={(event) => {
          const [file] = event.target.files ?? []
          // The same file can be chosen again after it was changed.
          event.target.value = ''
          if (file !== undefined) onChoose(file)
        }}
      />
    </span>
  )
}
