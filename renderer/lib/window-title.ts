// The title of the tab or window: the page, or a pending approval, so that it is visible from another tab.
import { useLayoutEffect } from 'react'

const parts = { page: '', asking: null as string | null }

function write(part: Partial<typeof parts>): void {
  Object.assign(parts, part)
  const first = parts.asking ?? parts.page
  document.title = first === '' ? 'Keyway' : `${first} · Keyway`
}

export function usePageTitle(page: string): void {
  useLayoutEffect(() => {
    write({ page })
    return () => write({ page: '' })
  }, [page])
}

export function useAskingTitle(asking: string | null): void {
  useLayoutEffect(() => {
    write({ asking })
    return () => write({ asking: null })
  }, [asking])
}
