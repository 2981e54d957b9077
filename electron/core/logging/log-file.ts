// A log file that cannot grow without end: at its limit it becomes `<name>.1`, and what was `.1` goes. Written line by line and at once,
// so that the last lines before a crash are there; a disk that takes nothing costs lines, never a failure.
import { chmodSync, closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

export type LogFile = {
  write(line: string): void
  /** Twice is fine; later lines are dropped. */
  close(): void
}

export function openLogFile({ path, maxBytes }: { path: string; maxBytes: number }): LogFile {
  let descriptor: number | null = null
  let size = 0
  let lost = 0
  // Set when a full disk took half a line; the next one then starts on a line of its own.
  let torn = false
  let closed = false

  const open = (): number => {
    const opened = openSync(path, 'a', 0o600)
    // A file from an earlier run may have been opened up by somebody.
    if (process.platform !== 'win32') chmodSync(path, 0o600)
    size = fstatSync(opened).size
    descriptor = opened
    return opened
  }
  const rotate = (): void => {
    if (descriptor !== null) closeSync(descriptor)
    descriptor = null
    renameSync(path, `${path}.1`)
  }
  const append = (line: string): void => {
    const bytes = Buffer.from(torn ? `\n${line}` : line)
    let target = descriptor ?? open()
    if (size > 0 && size + bytes.length > maxBytes) {
      rotate()
      target = open()
    }
    for (let done = 0; done < bytes.length;) {
      const written = writeSync(target, bytes, done)
      done += written
      size += written
      torn = done < bytes.length
    }
  }

  return {
    write(line) {
      if (closed) return
      try {
        if (lost > 0)
          append(`{"level":"warn","message":"${lost} lines could not be written before this one"}\n`)
        lost = 0
        append(line)
      } catch {
        lost += 1
      }
    },
    close() {
      closed = true
      if (descriptor !== null) closeSync(descriptor)
      descriptor = null
    },
  }
}
