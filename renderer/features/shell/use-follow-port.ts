import { useEffect, useRef } from 'react'
import { hashWithProof } from '../../host/window-proof.ts'
import { useHost, useWindow } from '../../stores/window-context.tsx'

/**
 * In a browser this page comes from the very server whose port can be changed: it goes along. Only when it was at the old port, so that a
 * window behind a forwarded port stays where it is.
 */
export function useFollowPort(): void {
  const { kind } = useHost()
  const url = useWindow(({ snapshot }) => (snapshot?.server.listening === true ? snapshot.server.url : null))
  const before = useRef<string | null>(null)
  useEffect(() => {
    const old = before.current
    if (url !== null) before.current = url
    if (kind !== 'headless' || url === null || old === null || old === url) return
    const { location } = window
    if (new URL(old).port === location.port) {
      location.replace(
        `${location.protocol}//${location.hostname}:${new URL(url).port}/${hashWithProof(window)}`,
      )
    }
  }, [kind, url])
}
