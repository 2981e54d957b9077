import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { settingsPatch } from '../../../shared/contract/settings.ts'
import { uiCalls } from '../../../shared/contract/ui-api.ts'

/** How zod speaks by itself. */
const PROGRAMMER =
  /expected|received|invalid input|invalid option|invalid key|too (?:small|big)|[<>]=|unrecognized|\bNaN\b/i

test('without these words zod speaks to programmers, so the search for them finds something', () => {
  const own = z
    .number()
    .min(5)
    .safeParse(1, { error: () => undefined })
  expect(own.error?.issues[0]?.message).toBe('5 or more.')
  const spoken = z.locales.en().localeError({
    code: 'too_small',
    origin: 'number',
    minimum: 1024,
    inclusive: true,
    input: 80,
  } as never)
  expect(typeof spoken === 'string' ? spoken : spoken?.message).toMatch(PROGRAMMER)
})

test.each([
  [{ port: 80 }, '1024 or more.'],
  [{ port: 70_000 }, '65535 or less.'],
  [{ port: Number.NaN }, 'Enter a number.'],
  [{ port: 2000.5 }, 'Enter a whole number.'],
  [{ autoLockMinutes: -5 }, '0 or more.'],
  [{ theme: 'pink' }, 'One of: system, light, dark.'],
  [{ color: 'red' }, 'Not known here: color.'],
  [{ startAtLogin: 'yes' }, 'Only true or false is allowed.'],
])('%j is refused with words for a person: %s', (patch, words) => {
  expect(settingsPatch.safeParse(patch).error?.issues.map(({ message }) => message)).toEqual([words])
})

const anything = fc.anything({ maxDepth: 3, withNullPrototype: false })

test.each(Object.entries(uiCalls))(
  '%s: whatever is sent, what is wrong with it reads as a sentence',
  (_, call) => {
    const keys = call.input instanceof z.ZodObject ? Object.keys(call.input.shape) : ['id']
    const shaped = fc.record(Object.fromEntries(keys.map((key) => [key, anything])), { requiredKeys: [] })
    fc.assert(
      fc.property(fc.oneof(anything, shaped), (input) => {
        const issues = call.input.safeParse(input).error?.issues ?? []
        // What is not known is named, whatever its name is.
        const own = issues.filter(({ code }) => code !== 'unrecognized_keys')
        for (const { message } of own) expect(message).not.toMatch(PROGRAMMER)
      }),
      { numRuns: 50 },
    )
  },
)
