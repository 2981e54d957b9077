const UNITS = ['bytes', 'KB', 'MB', 'GB'] as const

/** "812 bytes", "3.4 MB". */
export function bytes(count: number): string {
  let size = count
  let unit = 0
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${UNITS[unit]}`
}
