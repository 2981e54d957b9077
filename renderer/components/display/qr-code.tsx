import { useMemo } from 'react'
import { encode } from 'uqr'

/** A code for a phone's camera: always dark on light, in every theme. */
export function QrCode({ value, label }: { value: string; label: string }) {
  const { path, size } = useMemo(() => {
    const { data, size: modules } = encode(value, { border: 2, ecc: 'M' })
    const cells = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
    return { path: cells.join(''), size: modules }
  }, [value])
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-40 rounded-lg bg-white"
    >
      <path d={path} fill="#111114" />
    </svg>
  )
}
