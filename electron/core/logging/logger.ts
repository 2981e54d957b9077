// The logger: pino formats the lines, every line is redacted, and the file is limited in size.
import { pino } from 'pino'
import type { Secret } from '../../../shared/contract/secret.ts'
import { redact, redactText } from '../../../shared/domain/redact.ts'
import type { Clock, LogFields, Logger } from '../ports.ts'
import { openLogFile } from './log-file.ts'

const MAX_BYTES = 5 * 1024 * 1024

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type LoggerDeps = {
  /**
   * The log file; created with mode 0600. At `maxBytes` it becomes `<file>.1` and a new one starts, so the
   * disk holds at most twice that.
   */
  file: string
  clock: Clock
  level?: LogLevel
  maxBytes?: number
  /** Identifies a secret, so that lines about the same one can be matched; null while the vault is locked. */
  fingerprint?: (secret: Secret) => string | null
  /** Receives each finished line too, for a terminal. */
  mirror?: (line: string) => void
}

/** Every field and message is redacted. Logging never throws and never waits. */
export function createLogger(deps: LoggerDeps): Logger & { close(): void } {
  const file = openLogFile({ path: deps.file, maxBytes: deps.maxBytes ?? MAX_BYTES })
  const options = { fingerprint: (secret: Secret) => fingerprintOrNull(deps, secret) }
  const lines = pino(
    {
      level: deps.level ?? 'info',
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(deps.clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(line: string) {
        file.write(line)
        deps.mirror?.(line)
      },
    },
  )
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      // Lines below the level are skipped early, because redaction costs more than writing.
      if (!lines.isLevelEnabled(level)) return
      const safe = redact(reserveNames(fields), options) as Record<string, unknown>
      lines[level](safe, redactText(message))
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    close: () => file.close(),
  }
}

// A field with one of these names would be in the line twice, and readers use the last.
const RESERVED = new Set(['level', 'time', 'message'])

function reserveNames(fields: LogFields): LogFields {
  if (!Object.keys(fields).some((name) => RESERVED.has(name))) return fields
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [RESERVED.has(name) ? `${name}_` : name, value]),
  )
}

function fingerprintOrNull({ fingerprint }: LoggerDeps, secret: Secret): string | null {
  try {
    return fingerprint?.(secret) ?? null
  } catch {
    // A locked vault has no fingerprints; the line is still logged.
    return null
  }
}
