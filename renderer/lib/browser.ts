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
