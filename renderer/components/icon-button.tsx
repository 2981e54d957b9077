import type { ReactNode } from 'react'
import { classes } from '../lib/class-names.ts'
import { Spinner } from './spinner.tsx'
import { Tooltip } from './tooltip.tsx'
import type { ButtonProps } from './button.tsx'

type IconButtonProps = Omit<ButtonProps, 'children' | 'icon' | 'look' | 'size'> & {
  /** Its name for everybody: tooltip and accessible name. */
  label: string
  icon: ReactNode
  /** `native`: the browser's own, for lists of a thousand where each of ours would cost. */
  tooltip?: 'ours' | 'native'
}

export function IconButton({
  label,
  icon,
  tooltip = 'ours',
  pending = false,
  className,
  onClick,
  ...rest
}: IconButtonProps) {
  const button = (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={tooltip === 'native' ? label : undefined}
      aria-busy={pending || undefined}
      onClick={(event) => {
        if (!pending) onClick?.(event)
      }}
      className={classes(
        'text-muted hover:bg-hover hover:text-ink grid size-7 shrink-0 place-items-center rounded-md transition-colors duration-120 max-sm:size-9',
        'data-[state=open]:bg-active data-[state=open]:text-ink disabled:opacity-50 [&>svg]:size-4',
        className,
      )}
    >
      {pending ? <Spinner /> : icon}
    </button>
  )
  return tooltip === 'native' ? button : <Tooltip label={label}>{button}</Tooltip>
}
