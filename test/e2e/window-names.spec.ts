// Names that an earlier version took, or that come from a provider: whatever they hold, no screen lets them
// move or hide what stands beside them.
import type { Page } from '@playwright/test'
import type { Snapshot } from '../../shared/contract/ui-api.ts'
import { approvalOfPairing, approvalOfUse, livedIn } from '../support/window-host/seed.ts'
import { expect, test } from '../support/window-fixture.ts'

/** Hides, overrides the direction, and holds letters that run the other way. */
const odd = (name: string): string => `${name}\u202e\u200b אבג`

function withOddNames(now: number): Snapshot {
  const seed = livedIn(now)
  const names = { appName: odd('Notes agent'), providerName: odd('GitHub'), account: odd('work') }
  const pairing = approvalOfPairing(now)
  return {
    ...seed,
    providers: seed.providers.map((each) => ({ ...each, name: odd(each.name) })),
    apps: seed.apps.map((each) => ({ ...each, name: odd(each.name) })),
    connections: seed.connections.map((each) =>
      Object.assign(structuredClone(each), {
        account: odd(each.account),
        providerName: odd(each.providerName),
        identity: { id: each.identity.id, label: odd(each.identity.label ?? 'Ada') },
      }),
    ),
    approvals: [
      { ...approvalOfUse(now), ...names },
      { ...pairing, appName: odd('my-script') },
    ],
  }
}

type Flaws = { hebrew: number; flaws: string[] }

/**
 * Every text and label: nothing that overrides or hides, and each word from right to left within a paragraph
 * of its own.
 */
function look(page: Page): Promise<Flaws> {
  return page.evaluate(() => {
    const texts: string[] = [document.title]
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const apart = new Set(['isolate', 'isolate-override', 'plaintext'])
    let hebrew = 0
    while (walker.nextNode() !== null) {
      const node = walker.currentNode
      const parent = node.parentElement
      if (parent === null || ['SCRIPT', 'STYLE'].includes(parent.tagName)) continue
      const inner = node.textContent ?? ''
      const isAlone = apart.has(getComputedStyle(parent).unicodeBidi) && parent.childNodes.length === 1
      texts.push(isAlone && !/[\u202a-\u202e]/.test(inner) ? inner.replaceAll(/[\u0590-\u05ff]/g, '') : inner)
      if (/[\u0590-\u05ff]/.test(inner)) hebrew += 1
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [alt], [placeholder]')) {
      for (const name of ['aria-label', 'title', 'alt', 'placeholder'])
        texts.push(element.getAttribute(name) ?? '')
    }
    const flaws = texts.filter((text) => {
      if (/[\u202a-\u202e\u2066\u2067\u200b\u200e\u200f\u061c]/.test(text)) return true
      return /[\u0590-\u05ff\u2068\u2069]/.test(text.replaceAll(/\u2068[^\u2068\u2069]*\u2069/g, ''))
    })
    return { hebrew, flaws: [...new Set(flaws)] }
  })
}

const places = [
  ['#/connections', 5],
  ['#/connections/con_github_work', 2],
  ['#/providers', 5],
  ['#/providers/prv_github', 2],
  ['#/providers/prv_github/edit', 1],
  ['#/apps', 2],
  ['#/apps/app_notes', 2],
  ['#/apps/new', 1],
  ['#/add', 3],
  ['#/activity', 1],
  ['#/settings/general', 1],
] as const

test('whatever a name holds, every screen shows it apart from what stands beside it', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/connections', snapshot: withOddNames(Date.now()) })
  const origin = new URL(page.url()).origin
  for (const [hash, least] of places) {
    await page.goto(`${origin}/${hash}`)
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await expect.poll(async () => (await look(page)).hebrew, hash).toBeGreaterThanOrEqual(least)
    expect([hash, (await look(page)).flaws]).toEqual([hash, []])
  }
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog')).toBeVisible()
  expect((await look(page)).flaws).toEqual([])
  await page.keyboard.press('Escape')
  // What is told afterwards, too.
  await page.getByRole('alertdialog').getByRole('button', { name: 'Deny' }).click()
  await expect(page.getByText('was told no.')).toBeVisible()
  expect((await look(page)).flaws).toEqual([])
  fake.set('approvals', withOddNames(Date.now()).approvals.slice(1))
  await page.getByRole('alertdialog').getByRole('button', { name: 'Allow', exact: true }).click()
  await expect(page.getByText('is paired.')).toBeVisible()
  expect((await look(page)).flaws).toEqual([])
  // The observer sees one that is not set apart.
  await page.evaluate(() => document.body.append('x \u05d0'))
  expect((await look(page)).flaws).toEqual(['x \u05d0'])
})
