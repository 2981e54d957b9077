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
