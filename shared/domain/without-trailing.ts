/** `/a//` → `/a`. Not by a regular expression: those try every character of a long row anew. */
export function withoutTrailing(text: string, character: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === character) end -= 1
  return text.slice(0, end)
}
