import type { NavigationHistory } from 'electron'
import type { CdpSession } from '../chromium/cdp.ts'
import { strict } from '../strict.ts'
import { whenOpen, type PageTarget } from './page-target.ts'

/** Going back and forward; what is in the history is not told, because Chromium answers that only later. */
export function createNavigationHistory(opened: Promise<PageTarget>): NavigationHistory {
  const step = async (session: CdpSession, offset: number): Promise<void> => {
    const { currentIndex, entries } = await session.send('Page.getNavigationHistory')
    const entry = entries[currentIndex + offset]
    if (entry) await session.send('Page.navigateToHistoryEntry', { entryId: entry.id })
  }
  const go = (offset: number): void => {
    whenOpen(opened, (page) => step(page.session, offset))
  }
  const members = {
    goBack: () => {
      go(-1)
    },
    goForward: () => {
      go(1)
    },
    goToOffset: go,
  } satisfies Partial<NavigationHistory>
  return strict('navigationHistory', members) as NavigationHistory
}
