import { classes } from '../../lib/format.ts'

type ExpiryRingProps = {
  /** Remaining share of the lifetime, 0 to 1; null when unknown. */
  left: number | null
  tone: 'ok' | 'wait' | 'bad' | 'setup' | 'neutral'
  size?: 'sm' | 'lg'
  /** The same as text, for people who do not see the ring. */
  label: string
}

const RADIUS = 8
const LENGTH = 2 * Math.PI * RADIUS
const strokes = {
  ok: 'stroke-ok',
  wait: 'stroke-wait',
  bad: 'stroke-bad',
  setup: 'stroke-setup',
  neutral: 'stroke-faint',
}

/** The remaining lifetime of a token, as a ring. */
export function ExpiryRing({ left, tone, size = 'sm', label }: ExpiryRingProps) {
  const share = left === null ? 0 : Math.min(1, Math.max(0, left))
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox="0 0 20 20"
      className={classes('-rotate-90 shrink-0', size === 'sm' ? 'size-5' : 'size-12')}
    >
      <circle
        cx="10"
        cy="10"
        r={RADIUS}
        fill="none"
        className="stroke-active"
        strokeWidth={size === 'sm' ? 2.5 : 1.75}
        {...(left === null ? { strokeDasharray: '2 2.2' } : {})}
      />
      {share > 0 && (
        <circle
          cx="10"
          cy="10"
          r={RADIUS}
          fill="none"
          strokeLinecap="round"
          strokeWidth={size === 'sm' ? 2.5 : 1.75}
          strokeDasharray={`${share * LENGTH} ${LENGTH}`}
          className={classes(strokes[tone], 'transition-[stroke-dasharray] duration-1000 ease-linear')}
        />
      )}
    </svg>
  )
}
