import type { LogFields, Logger } from './ports.ts'

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
