// Every piece that is relayed is garbage a moment later, but its bytes lie outside of V8's heap: V8 sees
// outside memory grow, fears for it and collects everything, which costs more than the relaying. Asked now
// and then to look at what is young, it finds nearly all of it at once.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export type PassingBytes = { count(bytes: number): void }

const LOOK_EVERY_BYTES = 8 * 1024 * 1024

export function createPassingBytes(): PassingBytes {
  let passed = 0
  let collect: NodeJS.GCFunction | null | undefined
  return {
    count(bytes) {
      passed += bytes
      if (passed < LOOK_EVERY_BYTES) return
      passed = 0
      collect ??= findCollector()
      collect?.({ type: 'minor', execution: 'sync' })
    },
  }
}

/** Null where the engine has none to offer; then it does as it always would. */
function findCollector(): NodeJS.GCFunction | null {
  setFlagsFromString('--expose-gc')
  const found: unknown = runInNewContext('typeof gc === "function" ? gc : null')
  return found as NodeJS.GCFunction | null
}
