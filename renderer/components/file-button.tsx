import { FileUp } from 'lucide-react'
import { useId } from 'react'
import { buttonClasses } from './button.tsx'

type FileButtonProps = {
  label: string
  /** Such as ".json"; empty: any. */
  accept?: string
  onChoose: (file: File) => void
}

/** A file of the person's, chosen with the system's own dialog. */
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
