export type Spread = { p25: number; median: number; p75: number }

export function spreadOf(values: readonly number[]): Spread {
  return { p25: quantile(values, 0.25), median: quantile(values, 0.5), p75: quantile(values, 0.75) }
}

/** Linear between the two nearest ranks. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** A base that swings this much says more about the machine than about the programs. */
export const NOISY = 1.5

export function isNoisy({ p25, p75 }: Spread): boolean {
  return p75 / p25 > NOISY
}
