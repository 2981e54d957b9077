import { reportUnlessGone, type Cdp, type CdpSession } from '../chromium/cdp.ts'

export type PageTarget = {
  readonly targetId: string
  readonly session: CdpSession
  close(): Promise<void>
}

/**
 * Does something with a page once it is there. That it has gone meanwhile is fine; anything else is printed.
 */
export function whenOpen(
  opened: Promise<PageTarget>,
  act: (page: PageTarget) => Promise<unknown> | void,
): void {
  opened.then(act).catch(reportUnlessGone)
}

/**
 * Opens a window of its own in Chromium (a tab in another's window would count as hidden) and attaches to its
 * page.
 */
export async function openPageTarget(
  cdp: Cdp,
  size: { width: number; height: number },
  onGone: () => void,
): Promise<PageTarget> {
  const { targetId } = await cdp.browser.send('Target.createTarget', {
    url: 'about:blank',
    newWindow: true,
    ...size,
  })
  const { sessionId } = await cdp.browser.send('Target.attachToTarget', { targetId, flatten: true })
  const gone = new Promise<void>((resolve) => {
    cdp.browser.on('Target.targetDestroyed', (event) => {
      if (event.targetId !== targetId) return
      cdp.drop(sessionId)
      onGone()
      resolve()
    })
  })
  // Documents forbid popups; one of a page that has no document of the app's yet is closed before it shows
  // anything.
  cdp.browser.on('Target.targetCreated', ({ targetInfo }) => {
    if (targetInfo.openerId === targetId)
      cdp.browser.tell('Target.closeTarget', { targetId: targetInfo.targetId })
  })
  return {
    targetId,
    session: cdp.session(sessionId),
    close: async () => {
      cdp.browser.tell('Target.closeTarget', { targetId })
      await gone
    },
  }
}
