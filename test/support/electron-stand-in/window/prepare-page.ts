// Everything that must be in place in a new page before its first document loads.
import type { CdpSession } from '../chromium/cdp.ts'
import {
  pageWorldScript,
  preloadWorldName,
  preloadWorldScript,
  titleWatchScript,
} from '../page/page-scripts.ts'
import type { PreloadFacts } from '../page/preload-world.ts'
import { titleBindingName, titleWorldName } from '../page/title-watch.ts'

export async function preparePage(
  session: CdpSession,
  facts: PreloadFacts,
  preload: { path: string; source: string } | null,
  listeners: { onPreloadError(error: Error): void; onTitle(title: string): void },
): Promise<void> {
  session.on('Runtime.bindingCalled', ({ name, payload }) => {
    if (name === titleBindingName) listeners.onTitle(payload)
  })
  await Promise.all([
    session.send('Page.enable'),
    session.send('Runtime.enable'),
    session.send('Inspector.enable'),
    session.send('Page.addScriptToEvaluateOnNewDocument', { source: pageWorldScript(facts.token) }),
    session.send('Runtime.addBinding', { name: titleBindingName, executionContextName: titleWorldName }),
    session.send('Page.addScriptToEvaluateOnNewDocument', {
      source: titleWatchScript(),
      worldName: titleWorldName,
    }),
  ])
  if (preload === null) return
  try {
    const source = preloadWorldScript(facts, preload)
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName: preloadWorldName })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    listeners.onPreloadError(error)
  }
}
