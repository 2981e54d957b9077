import { parseSync, Visitor } from 'vite'
import { expect, test } from 'vitest'
import { brandIcons } from '../../../../renderer/lib/brand-icons.ts'
import {
  brandColour,
  clock,
  countdown,
  duration,
  nextFreeSlug,
  initialsOf,
  relative,
  shortDuration,
  slugFrom,
} from '../../../../renderer/lib/format.ts'
import { slugSchema } from '../../../../shared/contract/slug.ts'
import { sourceFiles } from '../../architecture/source-tree.ts'
import { presets } from '../../../../shared/presets/presets.ts'

test('every mark that a preset names is in the bundle, and no other', () => {
  const named = new Set(presets.flatMap(({ icon }) => icon ?? []))
  expect([...brandIcons.keys()].sort()).toEqual([...named].sort())
})

test('initials are letters, whatever the name is made of', () => {
  expect(['Acme Cloud', 'github', 'Slack (bot)', '日本語 サービス', '***', '𝒜pp'].map(initialsOf)).toEqual([
    'AC',
    'G',
    'SB',
    '日サ',
    '?',
    '𝒜',
  ])
})

test('a brand too dark or too pale for its ground takes the colour of the text', () => {
  expect(brandColour('181717', 'dark')).toBe('var(--color-ink)')
  expect(brandColour('181717', 'light')).toBe('#181717')
  expect(brandColour('FFFC00', 'light')).toBe('var(--color-ink)')
})

test.each([
  ['Acme Cloud (EU)', 'acme-cloud-eu'],
  ['Zürich Übersicht', 'zurich-ubersicht'],
  ['  --  ', ''],
  ['日本語', ''],
  ['a'.repeat(80), 'a'.repeat(63)],
])('the slug made from %j is %j', (name, slug) => {
  expect(slugFrom(name)).toBe(slug)
  expect(slugSchema.safeParse(slugFrom(name)).success).toBe(slug !== '')
})

test('a taken slug is numbered until one is free', () => {
  const taken = new Set(['acme', 'acme-2'])
  expect(nextFreeSlug('acme', (slug) => !taken.has(slug))).toBe('acme-3')
})

test('times are told in the unit a person would use', () => {
  const now = Date.parse('2026-11-21T12:00:00')
  expect(duration(59_999)).toBe('59 seconds')
  expect(duration(60_000)).toBe('1 minute')
  expect(duration(47 * 3_600_000)).toBe('47 hours')
  expect(duration(49 * 3_600_000)).toBe('2 days')
  expect(shortDuration(0)).toBe('0s')
  expect(relative(now - 5000, now)).toBe('just now')
  expect(relative(now + 120_000, now)).toBe('in 2 minutes')
  expect(relative(now - 3_600_000, now)).toBe('1 hour ago')
  expect(countdown(-5)).toBe('0:00')
  expect(countdown(271_000)).toBe('4:31')
  expect(clock(now, now)).toBe('12:00')
  expect(clock(Date.parse('2026-11-20T09:05:00'), now)).toBe('20 Nov, 09:05')
  expect(clock(Date.parse('2025-11-20T09:05:00'), now)).toBe('20 Nov 2025, 09:05')
})

test('words live in the catalogue: no screen writes any of its own', () => {
  const written = sourceFiles(['renderer/components', 'renderer/features'])
    .filter(({ path }) => path.endsWith('.tsx'))
    .flatMap(({ path, text }) => wordsIn(path, text).map((word) => `${path}: ${word}`))
  expect(written).toEqual([])
})

const spoken = new Set(['aria-label', 'title', 'label', 'placeholder', 'alt', 'hint', 'description'])

/** Letters between tags, and texts in attributes that somebody reads or hears. */
function wordsIn(path: string, text: string): string[] {
  const found: string[] = []
  const take = (value: unknown): void => {
    if (typeof value === 'string' && /\p{L}{2}/u.test(value)) found.push(value.trim())
  }
  new Visitor({
    JSXText: ({ value }) => take(value),
    JSXAttribute: ({ name, value }) => {
      if (name.type === 'JSXIdentifier' && spoken.has(name.name) && value?.type === 'Literal')
        take(value.value)
    },
  }).visit(parseSync(path, text).program)
  return found
}
