// A log file of limited size: at its limit it becomes `<name>.1`, which replaces the previous one. Lines are
// written synchronously, so that the last ones before a crash are there. A full disk loses lines but causes
// no error.
import { chmodSync, closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import type { LogFields, Logger } from '../ports.ts'

export type LogFile = {
  write(line: string): void
  /** May be called twice; later lines are dropped. */
  close(): void
}

export function openLogFile({ path, maxBytes }: { path: string; maxBytes: number }): LogFile {
  let descriptor: number | null = null
  let size = 0
  let lost = 0
  // Set when a full disk accepted a partial line; the next one then starts on a new line.
  let torn = false
  let closed = false

  const open = (): number => {
    const opened = openSync(path, 'a', 0o600)
    // The permissions of a file from an earlier run may have been changed.
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

/** Keeps lines until there is a log file, and passes them on once. */
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

// Logs unhandled rejections. Such a rejection is a bug in one call; all others continue.

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
