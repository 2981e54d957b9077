/** `/a//` → `/a`. Not a regular expression, which would try every character of a long run again. */
export function withoutTrailing(text: string, character: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === character) end -= 1
  return text.slice(0, end)
}
