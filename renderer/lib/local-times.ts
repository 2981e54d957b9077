import { clock } from './time.ts'

const ISO_TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

/** A sentence of Keyway's core with its points in time as a person reads them here. */
export function withLocalTimes(sentence: string, now: number): string {
  return sentence.replaceAll(ISO_TIME, (at) => clock(Date.parse(at), now))
}
