// Raw Chrome DevTools Protocol over Chromium's debugging pipe: messages are JSON, each ended by a zero byte.
import type { Readable, Writable } from 'node:stream'
import { z } from 'zod'
import type { Protocol } from './protocol.ts'

type Command = keyof Protocol.CommandParameters
type Event = keyof Protocol.Events

export type CdpSession = {
  send<Name extends Command>(
    method: Name,
    params?: Protocol.CommandParameters[Name],
  ): Promise<Protocol.CommandReturnValues[Name]>
  /** Sends without waiting. A page that has gone meanwhile is fine; anything else is printed. */
  tell<Name extends Command>(method: Name, params?: Protocol.CommandParameters[Name]): void
  on<Name extends Event>(event: Name, listener: (params: Protocol.Events[Name]) => void): void
}

export type Cdp = {
  readonly browser: CdpSession
  session(sessionId: string): CdpSession
  /** Forgets a session; its pending commands fail. */
  drop(sessionId: string): void
}

type Pending = {
  readonly method: string
  readonly sessionId: string | undefined
  resolve(result: never): void
  reject(error: Error): void
}

const messageSchema = z.object({
  id: z.number().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  sessionId: z.string().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
})

/** The page, its document or the request went away before the command arrived. */
const goneMessages =
  /closed|Session with given id not found|Cannot find context|No target|Invalid InterceptionId|not attached|Target crashed|detached|No session|context was destroyed|invalid state/i

export function isGone(error: unknown): boolean {
  return error instanceof Error && goneMessages.test(error.message)
}

export function reportUnlessGone(error: unknown): void {
  if (!isGone(error)) console.error('Electron stand-in:', error)
}

export function createCdp(input: Readable, output: Writable): Cdp {
  let lastId = 0
  let isClosed = false
  const pending = new Map<number, Pending>()
  const listeners = new Map<string, Array<(params: never) => void>>()

  function createSession(sessionId: string | undefined): CdpSession {
    const send: CdpSession['send'] = (method, params) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          reject(new Error(`${method}: Chromium is closed`))
          return
        }
        const id = ++lastId
        pending.set(id, { method, sessionId, resolve, reject })
        output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
      })
    return {
      send,
      tell: (method, params) => {
        send(method, params).catch(reportUnlessGone)
      },
      on: (event, listener) => {
        const key = `${sessionId ?? ''} ${event}`
        listeners.set(key, [...(listeners.get(key) ?? []), listener])
      },
    }
  }

  function receive(text: string): void {
    const message = messageSchema.parse(JSON.parse(text))
    if (message.id === undefined) {
      for (const listener of listeners.get(`${message.sessionId ?? ''} ${message.method ?? ''}`) ?? []) {
        listener(message.params as never)
      }
      return
    }
    const command = pending.get(message.id)
    pending.delete(message.id)
    if (message.error) command?.reject(new Error(`${command.method}: ${message.error.message}`))
    else command?.resolve(message.result as never)
  }

  function failPending(isAffected: (command: Pending) => boolean): void {
    for (const [id, command] of pending) {
      if (!isAffected(command)) continue
      pending.delete(id)
      command.reject(new Error(`${command.method}: the page is closed`))
    }
  }

  let rest = ''
  input.setEncoding('utf8')
  input.on('data', (chunk: string) => {
    const texts = (rest + chunk).split('\0')
    rest = texts.pop() ?? ''
    for (const text of texts) receive(text)
  })
  const close = (): void => {
    isClosed = true
    failPending(() => true)
  }
  input.on('close', close)
  // A write to a Chromium that just ended; its exit is reported by the process itself.
  output.on('error', close)

  return {
    browser: createSession(undefined),
    session: createSession,
    drop: (sessionId) => {
      failPending((command) => command.sessionId === sessionId)
      for (const key of listeners.keys()) if (key.startsWith(`${sessionId} `)) listeners.delete(key)
    },
  }
}
