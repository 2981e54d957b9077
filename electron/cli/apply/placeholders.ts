// `${NAME}` in a client id or secret comes from the environment, so that neither has to stand in a file.
export type Flaw = { field: string; message: string }

const FIELDS = ['clientId', 'clientSecret'] as const
const PLACEHOLDER = /\$\{([^{}]*)\}/g

/** The draft with its placeholders filled, or which of them cannot be. */
export function fillPlaceholders(
  draft: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): { draft: Record<string, unknown> } | { flaws: Flaw[] } {
  const filled: Record<string, unknown> = { ...draft }
  const flaws: Flaw[] = []
  for (const field of FIELDS) {
    const value = draft[field]
    if (typeof value !== 'string') continue
    filled[field] = value.replaceAll(PLACEHOLDER, (whole: string, name: string) => {
      const found = environment[name]
      if (found !== undefined && found !== '') return found
      flaws.push({ field, message: `${whole} is not set in the environment.` })
      return ''
    })
  }
  return flaws.length > 0 ? { flaws } : { draft: filled }
}
