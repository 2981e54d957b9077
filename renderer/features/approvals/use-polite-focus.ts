import { useEffect, useLayoutEffect, type RefObject } from 'react'
import { isTyping } from '../../lib/browser.ts'

/** Outlasts the panel, which moves into a dialog that opens and out of one that closes. */
export type FocusMemory = {
  /** True once for each approval: one that only moved is not new. */
  isNew(id: string): boolean
  /** The focused element before the person moved to the approval. */
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
 * Takes the focus only when the person is not typing, and returns it to the previous element, also to a
 * field.
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
      // Before the element is removed, so that nothing else handles a lost focus.
      if (here.contains(document.activeElement) || document.activeElement === document.body)
        memory.restoreFocus()
    }
  }, [panel, memory])

  useLayoutEffect(() => {
    // Focuses the panel itself, never a button: an Enter meant for another element must not answer.
    if (memory.isNew(id) && !isTyping(document.activeElement)) panel.current?.focus({ preventScroll: true })
  }, [panel, id, memory])
}

/** Resets once there is no approval left. */
export function useResetWhenNone(memory: FocusMemory, questions: readonly unknown[]): void {
  const count = questions.length
  useEffect(() => {
    if (count === 0) memory.forget()
  }, [memory, count])
}
