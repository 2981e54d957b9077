import type { IncomingMessage } from 'node:http'

/** A request as the server saw it. */
export type SeenRequest = {
  method: string
  path: string
  query: URLSearchParams
  headers: Readonly<Record<string, string>>
  text: string
  /** How the body came: by its content type; `query` when there was none. */
  format: 'form' | 'json' | 'query' | 'other'
  /** Query and body together. */
  params: Readonly<Record<string, string>>
}

export async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const url = new URL(incoming.url ?? '/', 'http://server.invalid')
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
  const format = formatOf(headers['content-type'], text)
  const body =
    format === 'form' ? [...new URLSearchParams(text)] : format === 'json' ? Object.entries(parsed(text)) : []
  const params = Object.fromEntries(
    [...url.searchParams, ...body].map(([name, value]) => [name, asText(value)]),
  )
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers,
    text,
    format,
    params,
  }
}

function formatOf(type: string | undefined, text: string): SeenRequest['format'] {
  if (type?.includes('application/x-www-form-urlencoded') === true) return 'form'
  if (type?.includes('application/json') === true) return 'json'
  return text === '' ? 'query' : 'other'
}

function parsed(text: string): object {
  const value: unknown = JSON.parse(text === '' ? '{}' : text)
  return typeof value === 'object' && value !== null ? value : {}
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
