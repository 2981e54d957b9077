import { initialsOf, tintOf } from '../lib/initials.ts'

export function Initials({ name, className }: { name: string; className: string }) {
  return (
    <span aria-hidden="true" className={`font-semibold tracking-tight ${className}`} style={tintOf(name)}>
      {initialsOf(name)}
    </span>
  )
}
