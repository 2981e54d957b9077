import { useRef } from 'react'

/**
 * The first field takes the focus; where there is none, the dialog itself, not its way out. When it closes, the focus goes back to where it
 * came from, or to the page's title when that is gone.
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
