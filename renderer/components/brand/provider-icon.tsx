import { lazy, Suspense } from 'react'
import { classes } from '../../lib/format.ts'
import { Initials } from './logo.tsx'

// The brand icons are in their own chunk: the window is usable before they are loaded, and shows initials
// without them.
const BrandMark = lazy(() =>
  import('./brand-mark.tsx').then(
    (module) => ({ default: module.BrandMark }),
    () => ({ default: Initials }),
  ),
)

type ProviderIconProps = {
  /** Name of the icon; null: there is none, so initials are shown; undefined: not known yet. */
  icon: string | null | undefined
  name: string
  size?: 'sm' | 'md' | 'lg'
}

const sizes = {
  sm: 'size-6 rounded-sm text-2xs [&>svg]:size-3.5',
  md: 'size-8 rounded-md text-xs [&>svg]:size-4.5',
  lg: 'size-11 rounded-lg text-base [&>svg]:size-6',
}

/**
 * A provider's icon in its own color on a muted tile, or its initials. Always next to the name, so it is
 * hidden from screen readers.
 */
export function ProviderIcon({ icon, name, size = 'md' }: ProviderIconProps) {
  const className = classes('grid shrink-0 place-items-center', sizes[size])
  if (icon === null) return <Initials name={name} className={className} />
  const ground = <span aria-hidden="true" data-mark-coming className={classes('bg-active', className)} />
  if (icon === undefined) return ground
  return (
    <Suspense fallback={ground}>
      <BrandMark icon={icon} name={name} className={className} />
    </Suspense>
  )
}
