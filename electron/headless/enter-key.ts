import type { ReadStream } from 'node:tty'

/** Each press of Enter at the terminal calls `onEnter`. Does nothing without a terminal. Returns what ends it. */
export function onEnterKey(input: ReadStream, onEnter: () => void): () => void {
  if (!input.isTTY) return () => undefined
  input.on('data', onEnter)
  // Listening must not be what keeps the process alive.
  input.unref()
  return () => {
    input.off('data', onEnter)
    input.pause()
  }
}
