// What every attack is followed by: nothing was vended, no token is in the answer, and the next good request
// is served.
import { expect } from 'vitest'
import type { LocalInMemory } from '../../support/local-api.ts'

/** Runs an attack against a server and proves that it came to nothing. */
export async function refused(
  local: LocalInMemory,
  attack: () => Promise<string | Response>,
  expected: { status: number | number[]; code?: string | string[] },
): Promise<void> {
  const before = vended(local)
  const answer = await attack()
  const text = typeof answer === 'string' ? answer : await answer.text()
  const status =
    typeof answer === 'string' ? Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0) : answer.status
  const code = /"code":"([a-z_]+)"/.exec(text)?.[1]
  const seen = { status, code, text: text.slice(0, 300) }
  expect(seen).toMatchObject({
    status: oneOf(expected.status, status),
    ...(expected.code === undefined ? {} : { code: oneOf(expected.code, code) }),
  })
  expect(text).not.toContain('made-up-access-')
  expect(vended(local)).toBe(before)
  await stillServes(local)
}

export async function stillServes(local: LocalInMemory): Promise<void> {
  const good = await local.call('/api/integrations/slack/token', { key: local.key })
  expect(good.status).toBe(200)
  await good.text()
}

/** Tokens handed out to anybody but the control request. */
function vended({ keyway }: LocalInMemory): number {
  const rows = keyway.activityRows.filter(({ kind, outcome }) => kind === 'vend' && outcome === 'ok')
  return rows.filter(({ appName }) => appName !== 'Everything').length
}

/** The value that was seen if it is among those expected, so that a failure shows both. */
function oneOf<Value>(expected: Value | Value[], seen: Value | undefined): unknown {
  const all = [expected].flat() as Value[]
  return all.find((each) => each === seen) ?? all
}
