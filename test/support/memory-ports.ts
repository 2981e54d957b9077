// In-memory twins of the core's ports: the same promises, no disk.
import type { KeywayError } from '../../shared/contract/errors.ts'
import type { KeyValueStore, LogFields, Logger, RecordStore } from '../../electron/core/ports.ts'

type MemoryRecordStore = RecordStore & {
  /** The next `put` fails with this, once. */
  failNext(error: KeywayError): void
  readonly puts: number
}

export function createMemoryRecordStore(initial: Readonly<Record<string, unknown>> = {}): MemoryRecordStore {
  const texts = new Map(Object.entries(initial).map(([id, value]) => [id, JSON.stringify(value)]))
  let failure: KeywayError | null = null
  let puts = 0
  return {
    loadAll: () =>
      Promise.resolve([...texts].map(([id, text]) => ({ id, value: JSON.parse(text) as unknown }))),
    read: (id) => {
      const text = texts.get(id)
      return Promise.resolve(text === undefined ? null : (JSON.parse(text) as unknown))
    },
    put: (id, value) => {
      const text = JSON.stringify(value)
      if (failure !== null) {
        const error = failure
        failure = null
        return Promise.reject(error)
      }
      puts += 1
      texts.set(id, text)
      return Promise.resolve()
    },
    remove: (id) => {
      texts.delete(id)
      return Promise.resolve()
    },
    leftovers: () => [],
    failNext(error) {
      failure = error
    },
    get puts() {
      return puts
    },
  }
}

type MemoryKeyValueStore = KeyValueStore & { failNext(error: KeywayError): void }

export function createMemoryKeyValueStore(
  initial: Readonly<Record<string, unknown>> = {},
): MemoryKeyValueStore {
  const values = new Map(Object.entries(initial))
  let failure: KeywayError | null = null
  const mayFail = (): void => {
    if (failure === null) return
    const error = failure
    failure = null
    throw error
  }
  return {
    entries: () => [...values],
    get: (key) => values.get(key),
    set(key, value) {
      mayFail()
      values.set(key, JSON.parse(JSON.stringify(value)))
    },
    delete(key) {
      mayFail()
      values.delete(key)
    },
    failNext(error) {
      failure = error
    },
  }
}

export type LoggedLine = { level: keyof Logger; message: string; fields: LogFields }

/** Keeps the lines, so that a test can say what was logged. */
export function createMemoryLogger(): Logger & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = []
  const at =
    (level: keyof Logger) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields })
    }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
