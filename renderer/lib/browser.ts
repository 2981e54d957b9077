/** Puts text on the clipboard; false when the browser does not let us. */
import { useEffect } from 'react'

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // No permission, or the page is not focused: the caller says so and leaves the text selected.
    return false
  }
}

/** Hands the person a file. */
export function saveText(name: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has taken its own hold of the content by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 0)
}

/** True where the command key is the one for shortcuts. */
export function isMac(platform: string): boolean {
  return /mac|darwin/i.test(platform)
}

export function modifierLabel(platform: string): string {
  return isMac(platform) ? '⌘' : 'Ctrl'
}

/** Is the person typing somewhere, so that a single key means text and not a command? */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  )
}

// Stands in for react-style-singleton, which the dialogs' scroll lock uses: the same three factories, but the rules go into a constructed
// sheet, since the content policy refuses <style> elements made at run time.

type SheetSingleton = { add(styles: string): void; remove(): void }

export function stylesheetSingleton(): SheetSingleton {
  let users = 0
  let sheet: CSSStyleSheet | null = null
  return {
    add(styles) {
      users += 1
      if (sheet !== null) return
      sheet = new CSSStyleSheet()
      sheet.replaceSync(styles)
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
    },
    remove() {
      users -= 1
      if (users > 0 || sheet === null) return
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet)
      sheet = null
    },
  }
}

export function styleHookSingleton(): (styles: string, isDynamic?: boolean) => void {
  const sheet = stylesheetSingleton()
  return function useStyles(styles, isDynamic) {
    useEffect(() => {
      sheet.add(styles)
      return () => sheet.remove()
    }, [styles, isDynamic])
  }
}

export function styleSingleton(): (props: { styles: string; dynamic?: boolean }) => null {
  const useStyles = styleHookSingleton()
  return function Sheet({ styles, dynamic }) {
    useStyles(styles, dynamic)
    return null
  }
}
