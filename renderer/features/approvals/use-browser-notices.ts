import { useEffect, useRef } from 'react'
import type { Approval } from '../../../shared/contract/approval.ts'
import { text } from '../../lib/text.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'

/** In a browser's tab nobody sees a question that is asked meanwhile; where the browser was allowed to, it says so. The desktop does it itself. */
export function useBrowserNotices(approvals: readonly Approval[]): void {
  const { settings } = useSnapshot()
  const { kind } = useHost()
  const told = useRef(new Set<string>())
  const isWanted = kind === 'headless' && 'Notification' in window && settings.notifications
  useEffect(() => {
    for (const { id, kind: what, appName } of approvals) {
      if (told.current.has(id)) continue
      told.current.add(id)
      if (!isWanted || document.hasFocus() || Notification.permission !== 'granted') continue
      const words = text.approval
      const title = what === 'use' ? words.askTitle(appName) : words.pairTitle(appName)
      const notice = new Notification(title, { body: words.noticeBody, tag: id, requireInteraction: true })
      notice.addEventListener('click', () => {
        window.focus()
        notice.close()
      })
    }
  }, [approvals, isWanted])
}
