// The interfaces through which the core reaches the outside. Implementations are in desktop/, headless/ and
// core/storage; tests use in-memory ones.
import { randomBytes } from 'node:crypto'
import type { InstalledBrowser } from '../../shared/contract/settings.ts'
import type { Secret } from '../../shared/contract/secret.ts'
import type { LoopbackHost } from '../../shared/domain/redirect-uri.ts'

/** The only source of time in the core, so that tests and simulations control it. */
export type Clock = {
  /** Wall clock, epoch milliseconds. May jump. */
  now(): number
  /** Milliseconds since an arbitrary start. Never decreases; on some systems it stops during sleep. */
  monotonicMs(): number
  /**
   * Runs `task` once after `delayMs`; the returned function cancels it. The timer does not keep the process
   * alive.
   */
  after(delayMs: number, task: () => void): () => void
}

export type LogFields = Readonly<Record<string, unknown>>

/** Structured log. Every field is redacted, but secrets must not be passed anyway. */
export type Logger = {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/**
 * Small documents that rarely change (settings, providers, apps). Reads come from memory. Writes are durable
 * when `set` returns.
 */
export type KeyValueStore = {
  /** Every entry as it was loaded. The values are `unknown` because the caller parses them. */
  entries(): ReadonlyArray<readonly [key: string, value: unknown]>
  get(key: string): unknown
  /** @throws KeywayError `disk_full` or `save_failed`; the value in memory is then unchanged. */
  set(key: string, value: unknown): void
  delete(key: string): void
}

/**
 * One file per record, for up to ten thousand records. `put` resolves when the record is durable (fsync +
 * rename + folder fsync).
 */
export type RecordStore = {
  /** Loads all readable records. Unreadable ones are moved to quarantine and reported, never overwritten. */
  loadAll(): Promise<ReadonlyArray<{ id: string; value: unknown }>>
  /**
   * Reads from disk. Null if there is no record.
   * @throws KeywayError `data_damaged` if neither the record nor its backup can be read.
   */
  read(id: string): Promise<unknown>
  /**
   * Atomic and durable. The previous version is kept as a backup.
   * @throws KeywayError `disk_full` | `save_failed`; the old record is then unchanged.
   */
  put(id: string, value: unknown): Promise<void>
  /** Removes the record and its backup. A missing record is not an error. */
  remove(id: string): Promise<void>
  /**
   * Records that a killed process had written completely but not moved into place. The caller verifies them
   * and decides.
   */
  leftovers(): readonly Leftover[]
}

export type Leftover = {
  id: string
  value: unknown
  /**
   * To be called when the record has been handled.
   * @throws KeywayError `save_failed`
   */
  discard(): Promise<void>
}

/** A file that could not be read. It was moved to `setAsidePath`; `using` tells what replaces it. */
export type CorruptFile = {
  file: string
  setAsidePath: string
  using: 'previous generation' | 'copy in memory' | 'nothing'
  detectedAt: number
}

export type KeyWrapperKind = 'os-keychain' | 'safe-storage' | 'passphrase'

/**
 * Encrypts the vault's data key (keychain, safeStorage, passphrase). A key wrapper never stores the key in a
 * weaker form. Every call ends within 10 s.
 * @throws KeywayError `keychain_unavailable` | `keychain_timeout` | `wrong_passphrase` |
 * `passphrase_required`
 */
export type KeyWrapper = {
  readonly kind: KeyWrapperKind
  /** The name for the window and `doctor`, e.g. "Secret Service (gnome-keyring)". */
  describe(): string
  /** Whether it can be used now, with the reason if not. `basic_text` is not usable. */
  probe(): Promise<{ usable: true } | { usable: false; reason: string }>
  /**
   * Encrypts the 32-byte data key. The result can be stored as JSON and is useless without this key wrapper.
   */
  wrap(dataKey: Uint8Array): Promise<Record<string, unknown>>
  /** Decrypts the data key. A locked or missing keychain entry is an error and never creates a new key. */
  unwrap(wrapped: unknown): Promise<Uint8Array>
  /**
   * Removes what `wrap` stored outside the vault file (a keychain entry). Absent if there is nothing to
   * remove. May be called twice.
   */
  forget?(wrapped: unknown): Promise<void>
  /** Absent if the keychain stores only the key. */
  readonly counter?: RollbackCounter
}

/**
 * A counter that is stored with the key in the keychain and also in the folder. A folder with a lower counter
 * is an older copy (rollback).
 */
export type RollbackCounter = {
  /** Whether the keychain entry exists: a key was wrapped or unwrapped here. */
  isKept(): boolean
  /** The value when the key was unwrapped; null if there was none. */
  seen(): number | null
  store(value: number): Promise<void>
}

/** Creates a passphrase key wrapper. It is a factory because the person enters the passphrase each time. */
export type PassphraseKeyWrapperFactory = (passphrase: Secret) => KeyWrapper

/** Opens the system browser. A failure is only a warning: the link is shown instead. */
export type Browser = {
  /** `browserId`: one of `installed`; null: the system default. */
  open(url: string, browserId: string | null): Promise<{ opened: true } | { opened: false; reason: string }>
  /** The other installed browsers; empty if unknown. */
  installed(): Promise<InstalledBrowser[]>
}

/**
 * The fetch for all outgoing requests: the platform's, or undici with a dispatcher (corporate proxy, extra
 * CA).
 */
export type HttpFetch = (url: string, init?: RequestInit) => Promise<Response>

/** A listener for one sign-in on a free port of this machine (RFC 8252 7.3). It serves only the callback. */
export type LoopbackListener = {
  readonly port: number
  /** Stops listening; responses in progress are completed. May be called twice. */
  close(): void
}

/**
 * `localhost` listens on 127.0.0.1 and, if available, on [::1] with the same port.
 * @throws KeywayError
 */
export type OpenLoopbackListener = (host: LoopbackHost) => Promise<LoopbackListener>

/** setTimeout overflows above this and would fire at once. Milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The clock of the operating system. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    after(delayMs, task) {
      let timer: NodeJS.Timeout
      const wait = (leftMs: number): void => {
        const nowMs = Math.min(leftMs, MAX_TIMER_MS)
        timer = setTimeout(() => (leftMs > nowMs ? wait(leftMs - nowMs) : task()), nowMs)
        timer.unref()
      }
      wait(delayMs)
      return () => clearTimeout(timer)
    },
  }
}

// Lower case without similar characters, valid in file names on every platform.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** The prefix and 80 random bits, such as `con_7k2m…`. */
export function newId(prefix: string): string {
  return prefix + '_' + Array.from(randomBytes(16), (byte) => ALPHABET[byte & 31]).join('')
}
