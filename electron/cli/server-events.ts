import { parseJson } from '../../shared/domain/exact-json.ts'
import type { IncomingMessage } from 'node:http'
import { KeywayError } from '../../shared/contract/errors.ts'
import { failureIn } from './failure-in.ts'
import type { LocalApi } from './local-api.ts'

export type ServerEvent = { name: string; data: unknown }
export type ServerEvents = {
  /** The next one; null once it was closed here. @throws KeywayError keyway_unreachable when the server ends it */
  next(): Promise<ServerEvent | null>
  close(): void
}

/** GET /api/events, from the moment that nothing can be missed any more. @throws KeywayCallError | KeywayError */
export async function listen(api: LocalApi): Promise<ServerEvents> {
  const answer = await api.stream('/api/events', { method: 'GET', headers: { accept: 'text/event-stream' } })
  if (answer.statusCode !== 200) throw await failureIn(answer)
  const events = eventsIn(answer)
  let closed = false
  const next = async (): Promise<ServerEvent | null> => {
    try {
      const { value, done } = await events.next()
      if (done !== true) return value
    } catch (cause) {
      if (!closed) throw new KeywayError('keyway_unreachable', { message: 'Keyway has gone.', cause })
    }
    if (closed) return null
    throw new KeywayError('shutting_down')
  }
  const stream: ServerEvents = {
    next,
    close() {
      closed = true
      answer.destroy()
    },
  }
  await next()
  return stream
}

async function* eventsIn(answer: IncomingMessage): AsyncGenerator<ServerEvent, undefined> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) {
    const blocks = `${text}${String(chunk)}`.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, name, data] = /^event: (.+)\ndata: (.+)$/m.exec(block) ?? []
      if (name !== undefined && data !== undefined) yield { name, data: parseJson(data) }
    }
  }
  return undefined
}
