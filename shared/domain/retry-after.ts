/**
 * The delay that Retry-After asks for (RFC 9110 10.2.3), in milliseconds: seconds, or an HTTP date by the
 * server's clock. A fraction of a second is rounded up to a millisecond; a date that has passed is 0. Null if
 * the value is missing or invalid. The caller sets the limit.
 */
export function readRetryAfter(value: string | null, serverNow: number): number | null {
  const text = value?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(Number(text) * 1000))
  // Date.parse also finds a date in "-1" and "wait 5".
  if (!/[a-z]{3}/i.test(text) || !/\d\d:\d\d:\d\d/.test(text)) return null
  // The oldest of the three formats names no time zone; it is GMT too (RFC 9110 5.6.7).
  const at = Date.parse(/(?:gmt|utc|[+-]\d{4})$/i.test(text) ? text : `${text} GMT`)
  return Number.isNaN(at) ? null : Math.max(0, at - serverNow)
}
