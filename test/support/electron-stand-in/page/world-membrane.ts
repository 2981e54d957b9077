// What contextBridge does between the preload's world and the page's: values are copied, functions and
// promises become proxies, prototypes do not pass. The worlds share only the DOM, so calls travel as
// synchronous events of the document under a name the page cannot guess. Runs in pages through its source
// text: it must not refer to anything outside itself.

export type WorldMembrane = {
  /** Copies `value` to the other world and makes it `window[key]` there. */
  expose(key: string, value: unknown): void
}

export function createWorldMembrane(token: string, side: 'page' | 'preload'): WorldMembrane {
  type Packed =
    | { kind: 'value'; value: unknown }
    | { kind: 'function' | 'promise'; id: number }
    | { kind: 'own'; id: number }
    | { kind: 'error'; message: string }
    | { kind: 'array'; items: Packed[] }
    | { kind: 'object'; entries: Array<[string, Packed]> }
  type Message =
    | { kind: 'expose'; key: string; value: Packed }
    | { kind: 'call'; id: number; args: Packed[] }
    | { kind: 'settle'; id: number; isFulfilled: boolean; value: Packed }
  type Reply = { isThrown: boolean; value: Packed }

  const other = side === 'page' ? 'preload' : 'page'
  // Taken now: the page may replace them later.
  const shared = document
  const dispatch = EventTarget.prototype.dispatchEvent
  const SharedEvent = CustomEvent
  const passable = /^(Date|RegExp|Map|Set|ArrayBuffer|DataView|Blob|File|.*Array)$/
  const deepest = 100

  let lastId = 0
  const ownFunctions = new Map<number, (...args: unknown[]) => unknown>()
  const remoteFunctions = new WeakMap<object, number>()
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  const remotePromises = new Map<number, Promise<unknown>>()

  const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

  const pack = (value: unknown, depth = 0): Packed => {
    if (depth > deepest) throw new TypeError('Electron contextBridge recursion depth exceeded.')
    if (typeof value === 'symbol') throw new TypeError('A symbol cannot cross the contextBridge.')
    if (typeof value === 'function') {
      const remoteId = remoteFunctions.get(value)
      if (remoteId !== undefined) return { kind: 'own', id: remoteId }
      ownFunctions.set(++lastId, value as (...args: unknown[]) => unknown)
      return { kind: 'function', id: lastId }
    }
    if (typeof value !== 'object' || value === null) return { kind: 'value', value }
    if (value instanceof Promise) return packPromise(value)
    if (value instanceof Error) return { kind: 'error', message: value.message }
    if (Array.isArray(value)) return { kind: 'array', items: value.map((item) => pack(item, depth + 1)) }
    if (passable.test(Object.prototype.toString.call(value).slice(8, -1))) return { kind: 'value', value }
    return {
      kind: 'object',
      entries: Object.entries(value).map(([key, item]) => [key, pack(item, depth + 1)]),
    }
  }

  const packPromise = (promise: Promise<unknown>): Packed => {
    const id = ++lastId
    promise.then(
      (value) => send({ kind: 'settle', id, isFulfilled: true, value: pack(value) }),
      (error: unknown) => send({ kind: 'settle', id, isFulfilled: false, value: pack(error) }),
    )
    return { kind: 'promise', id }
  }

  const unpack = (packed: Packed): unknown => {
    switch (packed.kind) {
      case 'value':
        return packed.value
      case 'error':
        return new Error(packed.message)
      case 'own':
        return ownFunctions.get(packed.id)
      case 'array':
        return packed.items.map((item) => unpack(item))
      case 'object': {
        const object: Record<string, unknown> = {}
        for (const [key, item] of packed.entries) {
          Object.defineProperty(object, key, {
            value: unpack(item),
            enumerable: true,
            configurable: true,
            writable: true,
          })
        }
        return object
      }
      case 'function':
        return unpackFunction(packed.id)
      case 'promise':
        return remotePromises.get(packed.id) ?? unpackPromise(packed.id)
      default:
        throw new Error('contextBridge: unknown message.')
    }
  }

  const unpackFunction = (id: number): unknown => {
    const remote = (...args: unknown[]): unknown => {
      const reply = send({ kind: 'call', id, args: args.map((arg) => pack(arg)) })
      const value = unpack(reply.value)
      if (reply.isThrown) throw value
      return value
    }
    remoteFunctions.set(remote, id)
    return remote
  }

  const unpackPromise = (id: number): Promise<unknown> => {
    const promise = new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
    })
    remotePromises.set(id, promise)
    return promise
  }

  let lastReply: Reply | null = null
  const send = (message: Message): Reply => {
    lastReply = null
    dispatch.call(shared, new SharedEvent(`${token}:to-${other}`, { detail: message }))
    // The other world answers before dispatch returns; an answer that did not come means that it is not
    // there.
    const reply = lastReply as Reply | null
    if (reply === null) throw new Error(`contextBridge: the ${other} world does not answer.`)
    return reply
  }

  const freeze = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
    if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value
    for (const member of Object.values(value)) freeze(member)
    return Object.freeze(value)
  }

  const handle = (message: Message): unknown => {
    if (message.kind === 'call') {
      const called = ownFunctions.get(message.id)
      if (called === undefined) throw new Error('contextBridge: that function is gone.')
      return called(...message.args.map((arg) => unpack(arg)))
    }
    if (message.kind === 'settle') {
      const promise = waiting.get(message.id)
      waiting.delete(message.id)
      remotePromises.delete(message.id)
      if (message.isFulfilled) promise?.resolve(unpack(message.value))
      else promise?.reject(unpack(message.value))
      return undefined
    }
    if (message.key in window)
      throw new Error('Cannot bind an API on top of an existing property on the window object')
    Object.defineProperty(window, message.key, { value: freeze(unpack(message.value)), enumerable: true })
    return undefined
  }

  shared.addEventListener(`${token}:to-${side}`, (event) => {
    const message = (event as CustomEvent<Message>).detail
    let reply: Reply
    try {
      reply = { isThrown: false, value: pack(handle(message)) }
    } catch (error) {
      reply = { isThrown: true, value: { kind: 'error', message: messageOf(error) } }
    }
    dispatch.call(shared, new SharedEvent(`${token}:reply-to-${other}`, { detail: reply }))
  })
  shared.addEventListener(`${token}:reply-to-${side}`, (event) => {
    lastReply = (event as CustomEvent<Reply>).detail
  })

  return {
    expose: (key, value) => {
      const reply = send({ kind: 'expose', key, value: pack(value) })
      if (reply.isThrown) throw unpack(reply.value)
    },
  }
}
