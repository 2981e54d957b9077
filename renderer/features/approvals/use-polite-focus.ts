import { useEffect, useLayoutEffect, type RefObject } from 'react'
import { isTyping } from '../../lib/browser.ts'

/** Outlives the panel, which moves into a dialog that opens and out of one that closes. */
export type FocusMemory = {
  /** True the first time for each question: what only moved is not new. */
  isNew(id: string): boolean
  /** Where the person was before they went to the question. */
  cameFrom(element: HTMLElement): void
  restoreFocus(): void
  forget(): void
}

export function createFocusMemory(): FocusMemory {
  let shown: string | null = null
  let from: HTMLElement | null = null
  return {
    isNew(id) {
      const isNew = shown !== id
      shown = id
      return isNew
    },
    cameFrom(element) {
      from = element
    },
    restoreFocus() {
      if (from?.isConnected === true) from.focus({ preventScroll: true })
    },
    forget() {
      shown = null
      from = null
    },
  }
}

/**
 * Takes the focus only from who is not typing, and gives it back to where it came from, also into the field
 * that was being typed in.
 */
export function usePoliteFocus(panel: RefObject<HTMLElement | null>, id: string, memory: FocusMemory): void {
  useLayoutEffect(() => {
    const here = panel.current
    if (here === null) return undefined
    const onFocusIn = ({ relatedTarget }: FocusEvent): void => {
      if (relatedTarget instanceof HTMLElement && !here.contains(relatedTarget))
        memory.cameFrom(relatedTarget)
    }
    const onKeyDown = (event: KeyboardEvent): void => {
      const isInside = here.contains(document.activeElement)
      if (event.key !== 'F6' && !(event.key === 'Escape' && isInside)) return
      event.preventDefault()
      if (isInside) memory.restoreFocus()
      else here.focus()
    }
    here.addEventListener('focusin', onFocusIn)
    window.addEventListener('keydown', onKeyDown)
    return () => {
      here.removeEventListener('focusin', onFocusIn)
      window.removeEventListener('keydown', onKeyDown)
      // Before it is taken away, so that nobody else finds the focus lost.
      if (here.contains(document.activeElement) || document.activeElement === document.body)
        memory.restoreFocus()
    }
  }, [panel, memory])

  useLayoutEffect(() => {
    // The panel itself, never a button: an Enter on its way to something else must not be an answer.
    if (memory.isNew(id) && !isTyping(document.activeElement)) panel.current?.focus({ preventScroll: true })
  }, [panel, id, memory])
}

/** Once nothing is asked any more, the next question begins anew. */
export function useResetWhenNone(memory: FocusMemory, questions: readonly unknown[]): void {
  const count = questions.length
  useEffect(() => {
    if (count === 0) memory.forget()
  }, [memory, count])
}
