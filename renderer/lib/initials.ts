type Colours = { backgroundColor: string; color: string }

/** "Acme Cloud" → "AC", "github" → "G". */
export function initialsOf(name: string): string {
  const words = name.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? []
  const letters = words.slice(0, 2).map((word) => String.fromCodePoint(word.codePointAt(0) ?? 0))
  return letters.join('').toLocaleUpperCase() || '?'
}

/** A calm colour that stays the same for the same name; letters keep 4.5:1 in both themes. */
export function tintOf(name: string): Colours {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360
  return {
    backgroundColor: `light-dark(oklch(0.93 0.045 ${hash}), oklch(0.32 0.06 ${hash}))`,
    color: `light-dark(oklch(0.42 0.11 ${hash}), oklch(0.87 0.07 ${hash}))`,
  }
}

/** A brand's colour where it can be seen; too dark or too pale ones take the text's colour. */
export function brandColour(hex: string, ground: 'light' | 'dark'): string {
  const light = luminanceOf(hex)
  if (ground === 'light') return light > 0.75 ? 'var(--color-ink)' : `#${hex}`
  return light < 0.1 ? 'var(--color-ink)' : `#${hex}`
}

/** Relative luminance (WCAG 2). */
function luminanceOf(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.040_45 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
