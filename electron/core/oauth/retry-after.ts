const LONGEST_MS = 86_400_000

/** Retry-After as seconds or as a date by the server's clock; null when absent or odd, at most a day. */
export function retryAfterMs(headers: Pick<Headers, 'get'>, serverNow: number): number | null {
  const value = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.min(LONGEST_MS, Math.ceil(Number(value) * 1000))
  const date = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? null : Math.min(LONGEST_MS, Math.max(0, date - serverNow))
}
