// Replaces react-style-singleton, which the dialogs' scroll lock uses: the same three factories, but the
// rules go into a constructed sheet, because the content security policy refuses <style> elements created at
// run time.
import { useEffect } from 'react'

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
