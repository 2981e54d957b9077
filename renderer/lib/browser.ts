export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Without permission, or when the page is not focused, the caller reports it and leaves the text
    // selected.
    return false
  }
}

/** Downloads a file for the person. */
export function saveText(name: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has its own reference to the content by the next turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(url), 0)
}

/** True where shortcuts use the command key. */
function isMac(platform: string): boolean {
  return /mac|darwin/i.test(platform)
}

export function modifierLabel(platform: string): string {
  return isMac(platform) ? '⌘' : 'Ctrl'
}

/** Whether the person is typing in a field, so that a single key is text and not a shortcut. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  )
}
