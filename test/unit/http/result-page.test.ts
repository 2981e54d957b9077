import { expect, test } from 'vitest'
import { flowPage } from '../../../electron/http/pages/result-page.ts'
import type { Flow } from '../../../shared/contract/flow.ts'

test('the page at the end of a sign-in sets names of others apart, and shows nothing hidden', () => {
  const flow = {
    kind: 'confirming_account',
    providerName: 'Acme',
    was: 'אבג\u202e',
    is: 'ada\u200b<b>',
  } as unknown as Flow
  const shown = flowPage(flow)
  expect(shown).toContain('\u2068אבג\u2069 was connected, and this sign-in was for ada&lt;b&gt;.')
  expect(shown).not.toMatch(/\u202e|\u200b/)
})
