// A log file that cannot grow without end: at its limit it becomes `<name>.1`, and what was `.1` goes.
// Written line by line and at once, so that the last lines before a crash are there; a disk that takes
// nothing costs lines, never a failure.
import { chmodSync, closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import type { LogFields, Logger } from '../ports.ts'

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

/** Keeps what is said before there is a place for a log file, and hands it on once. */
export function createEarlyLogger(): { logger: Logger; hand: (to: Logger) => void } {
  const kept: Array<{ level: keyof Logger; message: string; fields: LogFields | undefined }> = []
  const at =
    (level: keyof Logger) =>
    (message: string, fields?: LogFields): void => {
      kept.push({ level, message, fields })
    }
  return {
    logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    hand(to) {
      for (const { level, message, fields } of kept.splice(0)) to[level](message, fields)
    },
  }
}

// What nobody caught. A promise that failed with nobody waiting is one call's bug: it is written down, and
// every other call goes on.

type Unhandled = {
  on(event: 'unhandledRejection', listener: (reason: unknown) => void): unknown
  off(event: 'unhandledRejection', listener: (reason: unknown) => void): unknown
}

/** Until the returned function is called. */
export function logUnhandledRejections(process: Unhandled, logger: Logger): () => void {
  const note = (error: unknown): void => logger.error('A failure was caught by nobody', { error })
  process.on('unhandledRejection', note)
  return () => void process.off('unhandledRejection', note)
}
