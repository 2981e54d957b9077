import { useLayoutEffect, useState, type RefObject } from 'react'

export type ScrollPlace = {
  /** What scrolls the list, or null before it is known. */
  scroller: HTMLElement | null
  /** Pixels from the top of the scrolled content to the list. */
  top: number
  /** Pixels in a rem, which follow the person's text size. */
  rem: number
}

/** Where a virtual list lies in the page that scrolls it. What is above it may change its height, so it is measured again then. */
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
