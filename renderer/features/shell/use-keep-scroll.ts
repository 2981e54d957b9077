import { useEffect, useRef, type RefObject } from 'react'
import { isTyping } from '../../lib/keyboard.ts'
import { hrefOf, type Route } from '../../lib/route.ts'

const key = (place: string): string => `keyway:scroll:${place}`

/**
 * A new screen begins at its top with the focus on its title, so that a screen reader says where one is; going back, and reloading,
 * come back to the line that one left. A screen that has its own first field keeps the focus there.
 */
export function useKeepScroll(scroller: RefObject<HTMLElement | null>, route: Route): void {
  const place = hrefOf(route)
  const screen = route.name
  const lastScreen = useRef<string | null>(null)

  useEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const stored = Number(sessionStorage.getItem(key(place)) ?? 0)
    element.scrollTo({ top: Number.isFinite(stored) ? stored : 0 })
    const taken = isTyping(document.activeElement) && element.contains(document.activeElement)
    if (lastScreen.current !== null && lastScreen.current !== screen && !taken) {
      element.querySelector<HTMLElement>('[data-page-title]')?.focus({ preventScroll: true })
    }
    lastScreen.current = screen

    const remember = (): void => sessionStorage.setItem(key(place), String(Math.round(element.scrollTop)))
    element.addEventListener('scrollend', remember)
    return () => element.removeEventListener('scrollend', remember)
  }, [scroller, place, screen])
}
