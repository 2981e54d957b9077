// Everything that must be in place in a new page before its first document loads.
import type { CdpSession } from '../chromium/cdp.ts'
import { pageWorldScript, preloadWorldName, preloadWorldScript } from '../page/page-scripts.ts'
import type { PreloadFacts } from '../page/preload-world.ts'

export async function preparePage(
  session: CdpSession,
  facts: PreloadFacts,
  preload: { path: string; source: string } | null,
  onPreloadError: (error: Error) => void,
): Promise<void> {
  await Promise.all([
    session.send('Page.enable'),
    session.send('Runtime.enable'),
    session.send('Inspector.enable'),
    session.send('Page.addScriptToEvaluateOnNewDocument', { source: pageWorldScript(facts.token) }),
  ])
  if (preload === null) return
  try {
    const source = preloadWorldScript(facts, preload)
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName: preloadWorldName })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    onPreloadError(error)
  }
}
