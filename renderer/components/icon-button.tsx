import type { ReactNode } from 'react'
import { classes } from '../lib/class-names.ts'
import { Spinner } from './spinner.tsx'
import { Tooltip } from './tooltip.tsx'
import type { ButtonProps } from './button.tsx'

type IconButtonProps = Omit<ButtonProps, 'children' | 'icon' | 'look' | 'size'> & {
  /** Its name for everybody: tooltip and accessible name. */
  label: string
  icon: ReactNode
}

export function IconButton({ label, icon, pending = false, className, onClick, ...rest }: IconButtonProps) {
  return (
    <Tooltip label={label}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        aria-busy={pending || undefined}
        onClick={(event) => {
          if (!pending) onClick?.(event)
        }}
        className={classes(
          'text-muted hover:bg-hover hover:text-ink grid size-7 shrink-0 place-items-center rounded-md transition-colors duration-120 max-sm:size-9',
          'data-[state=open]:bg-active data-[state=open]:text-ink [&>svg]:size-4 disabled:opacity-50',
          className,
        )}
      >
        {pending ? <Spinner /> : icon}
      </button>
    </Tooltip>
  )
}
