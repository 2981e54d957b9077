// Chromium reports a page's title only when it navigates, so a script in a world of its own tells about each
// change. Runs in pages through its source text: it must not refer to anything outside itself.

export const titleWorldName = 'Electron stand-in title'
export const titleBindingName = '__standInTitle'

export function watchTitle(post: (title: string) => void): void {
  let last = ''
  const tell = (): void => {
    if (document.title === last) return
    last = document.title
    post(last)
  }
  new MutationObserver(tell).observe(document, { subtree: true, childList: true, characterData: true })
}
