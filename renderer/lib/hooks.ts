import {
  createContext,
  type RefObject,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'

/** `standing`: the service does not respond, so it is unknown whether a countdown still runs. */
export const TimeContext = createContext<'running' | 'standing'>('running')

/**
 * The current time, updated at the given interval while the page is visible. It stops while the service does
 * not respond.
 */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  const time = useContext(TimeContext)
  useEffect(() => {
    if (time === 'standing') return undefined
    const tick = (): void => {
      if (document.visibilityState === 'visible') setNow(Date.now())
    }
    const timer = setInterval(tick, everyMs)
    document.addEventListener('visibilitychange', tick)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }, [everyMs, time])
  return now
}

/**
 * Focuses the first field of a dialog, or the dialog itself, not its close button. When it closes, the focus
 * returns to the previous element, or to the page's title when that is gone.
 */
export function useFocusThereAndBack(): {
  onOpenAutoFocus(event: Event): void
  onCloseAutoFocus(event: Event): void
} {
  const before = useRef<Element | null>(null)
  return {
    onOpenAutoFocus(event) {
      event.preventDefault()
      before.current = document.activeElement
      const dialog = event.target as HTMLElement
      const field = dialog.querySelector<HTMLElement>('input, textarea:not([readonly]), select')
      ;(field ?? dialog).focus()
    },
    onCloseAutoFocus(event) {
      event.preventDefault()
      const from = before.current
      const back =
        from?.isConnected === true && from !== document.body
          ? from
          : document.querySelector('[data-page-title]')
      if (back instanceof HTMLElement) back.focus({ preventScroll: true })
    },
  }
}

export type ScrollPlace = {
  /** The element that scrolls the list, or null before it is known. */
  scroller: HTMLElement | null
  /** Pixels from the top of the scrolled content to the list. */
  top: number
  /** Pixels per rem, which depends on the person's text size. */
  rem: number
}

/**
 * Position of a virtual list within the scrolling page. Content above it may change its height, so it is
 * measured again then.
 */
export function useScrollPlace(list: RefObject<HTMLElement | null>): ScrollPlace {
  const [place, setPlace] = useState<ScrollPlace>({ scroller: null, top: 0, rem: 16 })
  useLayoutEffect(() => {
    const element = list.current
    const scroller = element?.closest<HTMLElement>('[data-scroller]') ?? null
    if (element === null || scroller === null) return undefined
    const measure = (): void => {
      const top =
        element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
      setPlace((now) =>
        now.scroller === scroller && now.top === top && now.rem === rem ? now : { scroller, top, rem },
      )
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(scroller)
    if (element.parentElement !== null) observer.observe(element.parentElement)
    return () => observer.disconnect()
  }, [list])
  return place
}
