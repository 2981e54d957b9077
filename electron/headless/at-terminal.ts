// The terminal that started Keyway: whoever reads and types there is the person.
import type { ReadStream, WriteStream } from 'node:tty'
import type { Presence } from '../core/presence/presence.ts'

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

/** Shows the codes that windows opened from a shell ask for; never where the output is a file or a pipe, which a program can read. */
export function showCodes(output: WriteStream, presence: Pick<Presence, 'attachTerminal'>): () => void {
  if (!output.isTTY) return () => undefined
  const shown = new Set<string>()
  return presence.attachTerminal((codes) => {
    for (const { id, code } of codes) {
      if (shown.has(id)) continue
      shown.add(id)
      output.write(
        `A window that was opened from a shell asks for a proof that it is you. Its code: ${code} (for two minutes).\n` +
          'Type it only into a window that you opened yourself.\n',
      )
    }
  })
}
