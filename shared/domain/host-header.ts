// With DNS rebinding a browser sends requests for a foreign name to this server, and only the Host header
// shows it. So only loopback names with this server's port are accepted, in exactly one Host header.
export type HostCheck = { kind: 'ok'; host: string } | { kind: 'refused'; reason: string }

const NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/

/**
 * `values`: all Host headers of the request, in order. `port`: the port of this server; null for a UNIX
 * socket, where any port is accepted, because no browser can reach it.
 */
export function checkHost(values: readonly string[], port: number | null): HostCheck {
  const [only] = values
  if (only === undefined) return { kind: 'refused', reason: 'There is no Host header.' }
  if (values.length > 1) return { kind: 'refused', reason: 'There is more than one Host header.' }
  const match = HOST.exec(only.toLowerCase())
  const name = match?.[1]
  if (name === undefined || !NAMES.has(name)) {
    return { kind: 'refused', reason: 'The Host header names another machine.' }
  }
  const named = match?.[2] === undefined ? 80 : Number(match[2])
  if (port !== null && named !== port) {
    return { kind: 'refused', reason: 'The Host header names another port.' }
  }
  return { kind: 'ok', host: only.toLowerCase() }
}
