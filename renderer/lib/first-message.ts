/** The first sentence in a branch of a form's errors, however deep it is. */
export function firstMessage(branch: unknown): string | undefined {
  if (typeof branch !== 'object' || branch === null) return undefined
  if ('message' in branch && typeof branch.message === 'string' && branch.message !== '')
    return branch.message
  // A field's error holds its element under `ref`, which is a whole tree of its own.
  for (const [name, value] of Object.entries(branch)) {
    const found = name === 'ref' ? undefined : firstMessage(value)
    if (found !== undefined) return found
  }
  return undefined
}
