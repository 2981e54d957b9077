import { brandIcons } from '../../lib/brand-icons.ts'
import { brandColour } from '../../lib/format.ts'
import { Initials } from './logo.tsx'

type MarkProps = { icon: string; name: string; className: string }

export function BrandMark({ icon, name, className }: MarkProps) {
  const shape = brandIcons.get(icon)
  if (shape === undefined) return <Initials name={name} className={className} />
  const fill = `light-dark(${brandColour(shape.hex, 'light')}, ${brandColour(shape.hex, 'dark')})`
  return (
    <span
      aria-hidden="true"
      className={`border-line bg-[light-dark(#fff,rgb(255_255_255/0.06))] border ${className}`}
    >
      <svg viewBox="0 0 24 24" style={{ fill }}>
        <path d={shape.path} />
      </svg>
    </span>
  )
}
