/** Keyway's logo, as on the application's icon. */
import { initialsOf, tintOf } from '../../lib/format.ts'

export function Logo({ className = 'size-6' }: { className?: string }) {
  return (
    <svg viewBox="24 24 464 464" aria-hidden="true" className={`shrink-0 ${className}`}>
      <rect x="24" y="24" width="464" height="464" rx="112" fill="#3059e8" />
      <path
        fill="#fff"
        d="M256 112a92 92 0 0 0-40 174.8V392a16 16 0 0 0 4.7 11.3l24 24a16 16 0 0 0 22.6 0l36-36a12 12 0 0 0 0-17L284 355l19.3-19.3a12 12 0 0 0 0-17L296 311.4v-24.6A92 92 0 0 0 256 112Zm0 52a34 34 0 1 1 0 68 34 34 0 0 1 0-68Z"
      />
    </svg>
  )
}

export function Initials({ name, className }: { name: string; className: string }) {
  return (
    <span aria-hidden="true" className={`font-semibold tracking-tight ${className}`} style={tintOf(name)}>
      {initialsOf(name)}
    </span>
  )
}
