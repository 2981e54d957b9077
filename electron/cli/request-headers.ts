import { refused } from './read-arguments.ts'

/** Keyway sets these itself; what is typed here would be lost, or taken for its own. */
const OURS = /^(?:authorization|x-api-key|cookie|host|content-length|transfer-encoding|connection|keyway-.*)$/

/** `-H` lines as headers. @throws KeywayError invalid_request, without the value, which may be a secret */
export function headersFrom(lines: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  for (const line of lines) {
    const [, name, value] =
      /^([!#$%&'*+.^_`|~A-Za-z0-9-]+):[ \t]*((?:[\u0021-\u007E][\u0020-\u007E]*)?)$/.exec(line) ?? []
    if (name === undefined || value === undefined) {
      throw refused('-H: A header is written "name: value", in printable ASCII.')
    }
    const key = name.toLowerCase()
    if (OURS.test(key)) throw refused(`-H: Keyway sets "${key}" itself.`)
    headers[key] = [...(headers[key] ?? []), value]
  }
  return headers
}
