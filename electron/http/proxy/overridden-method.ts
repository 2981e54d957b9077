// Some APIs let a request say that it means another method than it has. A grant for POST must not become one for DELETE that way.
const HEADER = /^(?:x-http-method(?:-override)?|x-method-override)$/i
const PARAMETER = /^(?:_method|x-http-method(?:-override)?|x-method-override)$/i

/** The methods that the API may take this request for beside its own, in capitals. `headers`: names and values in turn. */
export function overriddenMethods(headers: readonly string[], query: string): string[] {
  const found: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? ''
    // Nearly every header is ruled out by its first letter.
    if ((name.startsWith('x') || name.startsWith('X')) && HEADER.test(name))
      found.push(headers[index + 1] ?? '')
  }
  if (/method|%/i.test(query)) {
    for (const [name, value] of new URLSearchParams(query)) if (PARAMETER.test(name)) found.push(value)
  }
  return found.map((method) => method.trim().toUpperCase())
}
