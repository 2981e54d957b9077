import type { ComponentProps, ReactNode } from 'react'
import { classes } from '../../lib/format.ts'
import { Spinner } from '../feedback/spinner.tsx'
import { Tooltip } from '../feedback/tooltip.tsx'

export type ButtonLook = 'primary' | 'secondary' | 'ghost' | 'danger' | 'danger-ghost'

const looks: Record<ButtonLook, string> = {
  primary:
    'bg-accent-fill text-on-accent shadow-control hover:bg-accent-fill-hover inset-shadow-[0_1px_0_rgb(255_255_255/0.12)]',
  secondary: 'bg-surface text-ink border border-line-strong shadow-control hover:bg-hover',
  ghost: 'text-muted hover:bg-hover hover:text-ink',
  danger: 'bg-bad-fill text-white shadow-control hover:bg-bad-fill-hover',
  'danger-ghost': 'text-bad hover:bg-bad-soft',
}

/** The classes alone, for links that look like buttons. */
export function buttonClasses(look: ButtonLook, size: 'sm' | 'md'): string {
  return classes(
    'relative inline-flex items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none no-underline',
    'transition-[background-color,color,box-shadow,scale] duration-120 active:scale-[0.98]',
    'disabled:opacity-50 disabled:active:scale-100 aria-disabled:opacity-50',
    size === 'sm' ? 'h-7 px-2.5 text-xs' : 'h-8 px-3 text-sm max-sm:h-9',
    looks[look],
  )
}

export type ButtonProps = ComponentProps<'button'> & {
  look?: ButtonLook
  size?: 'sm' | 'md'
  icon?: ReactNode
  /** Shows that its action is running; the width stays. */
  pending?: boolean
}

export function Button({
  look = 'secondary',
  size = 'md',
  icon,
  pending = false,
  children,
  className,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes(buttonClasses(look, size), className)}
      aria-busy={pending || undefined}
      onClick={(event) => {
        // Stays focusable while pending, so that the focus is not lost; a second click has no effect.
        if (pending) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {icon !== undefined && <ButtonIcon pending={pending} icon={icon} />}
      <span
        className={classes('inline-flex items-center gap-1.5', pending && icon === undefined && 'opacity-0')}
      >
        {children}
      </span>
      {pending && icon === undefined && (
        <span className="absolute inset-0 grid place-items-center">
          <Spinner />
        </span>
      )}
    </button>
  )
}

function ButtonIcon({ pending, icon }: { pending: boolean; icon: ReactNode }) {
  return (
    <span aria-hidden="true" className="-ml-0.5 grid size-4 shrink-0 place-items-center [&>svg]:size-4">
      {pending ? <Spinner /> : icon}
    </span>
  )
}

type IconButtonProps = Omit<ButtonProps, 'children' | 'icon' | 'look' | 'size'> & {
  /** Its name: tooltip and accessible name. */
  label: string
  icon: ReactNode
  /** `native`: the browser's own tooltip, for lists of a thousand rows, where custom ones are slow. */
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
