// Structured clone as text, because both CDP and page bindings carry strings only.
// Runs in Node and, through its source text, in pages: it must not refer to anything outside itself.

export type CloneText = {
  /** @throws Error "An object could not be cloned." for what structured clone refuses. */
  encode(value: unknown): string
  decode(text: string): unknown
}

export function createCloneText(): CloneText {
  type Node = null | boolean | number | string | readonly [tag: string, ...rest: unknown[]]
  const views: Record<string, new (buffer: ArrayBuffer) => ArrayBufferView> = {
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  }
  const errors: Record<string, new (message: string) => Error> = {
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
  }

  const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1)

  const bytesToText = (bytes: Uint8Array): string => {
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte)
    return btoa(text)
  }

  const textToBuffer = (text: string): ArrayBuffer =>
    Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer

  const packNumber = (value: number): Node =>
    Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : ['number', Object.is(value, -0) ? '-0' : String(value)]

  const packView = (view: ArrayBufferView): Node => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    // Node's Buffer is a Uint8Array to the other side, as in Electron.
    const name = tagOf(view)
    return ['view', name, bytesToText(bytes)]
  }

  const pack = (value: unknown, seen: Map<object, number>): Node => {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (value === undefined) return ['undefined']
    if (typeof value === 'number') return packNumber(value)
    if (typeof value === 'bigint') return ['bigint', String(value)]
    if (typeof value !== 'object') throw new Error('An object could not be cloned.')
    const earlier = seen.get(value)
    if (earlier !== undefined) return ['same', earlier]
    seen.set(value, seen.size)
    return packObject(value, seen)
  }

  const packObject = (value: object, seen: Map<object, number>): Node => {
    const item = (member: unknown): Node => pack(member, seen)
    if (Array.isArray(value)) return ['array', value.map((member) => item(member))]
    if (ArrayBuffer.isView(value)) return packView(value)
    const tag = tagOf(value)
    if (tag === 'ArrayBuffer') return ['buffer', bytesToText(new Uint8Array(value as ArrayBuffer))]
    if (tag === 'Date') return ['date', (value as Date).getTime()]
    if (tag === 'RegExp') return ['regexp', (value as RegExp).source, (value as RegExp).flags]
    if (tag === 'Map')
      return ['map', [...(value as Map<unknown, unknown>)].map(([key, member]) => [item(key), item(member)])]
    if (tag === 'Set') return ['set', [...(value as Set<unknown>)].map((member) => item(member))]
    if (tag === 'Error' || value instanceof Error) {
      const { name, message, stack } = value as Error
      return ['error', name, message, stack ?? '']
    }
    if (tag !== 'Object') throw new Error('An object could not be cloned.')
    return ['object', Object.entries(value).map(([key, member]) => [key, item(member)])]
  }

  const unpackError = (name: string, message: string, stack: string): Error => {
    const error = new (errors[name] ?? Error)(message)
    error.stack = stack
    return error
  }

  const unpack = (node: Node, seen: object[]): unknown => {
    if (node === null || typeof node !== 'object') return node
    const [tag, first, second, third] = node as readonly [string, never, never, never]
    const remember = <Value extends object>(value: Value): Value => {
      seen.push(value)
      return value
    }
    const item = (member: Node): unknown => unpack(member, seen)
    if (tag === 'undefined') return undefined
    if (tag === 'number') return Number(first)
    if (tag === 'bigint') return BigInt(first)
    if (tag === 'same') return seen[first]
    if (tag === 'date') return remember(new Date(first as number))
    if (tag === 'regexp') return remember(new RegExp(first, second))
    if (tag === 'buffer') return remember(textToBuffer(first))
    if (tag === 'view') return remember(new (views[first] ?? Uint8Array)(textToBuffer(second)))
    if (tag === 'error') return remember(unpackError(first, second, third))
    if (tag === 'array') {
      const array = remember<unknown[]>([])
      for (const member of first as Node[]) array.push(item(member))
      return array
    }
    if (tag === 'map') {
      const map = remember(new Map<unknown, unknown>())
      for (const [key, member] of first as Array<[Node, Node]>) map.set(item(key), item(member))
      return map
    }
    if (tag === 'set') {
      const set = remember(new Set<unknown>())
      for (const member of first as Node[]) set.add(item(member))
      return set
    }
    const object = remember<Record<string, unknown>>({})
    for (const [key, member] of first as Array<[string, Node]>) {
      Object.defineProperty(object, key, {
        value: item(member),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return object
  }

  return {
    encode: (value) => JSON.stringify(pack(value, new Map())),
    decode: (text) => unpack(JSON.parse(text) as Node, []),
  }
}
