// What the core needs from outside, as nouns of need. Adapters live in desktop/, headless/ and core/storage;
// tests bring in-memory twins.
import { randomBytes } from 'node:crypto'
import type { InstalledBrowser } from '../../shared/contract/settings.ts'
import type { Secret } from '../../shared/contract/secret.ts'
import type { LoopbackHost } from '../../shared/domain/redirect-uri.ts'

/** Time. The only source of it in the core, so that tests and the simulation own the clock. */
export type Clock = {
  /** Wall clock, epoch milliseconds. May jump. */
  now(): number
  /** Milliseconds since an arbitrary start; never goes back; on some systems stands still during sleep. */
  monotonicMs(): number
  /**
   * Runs `task` once after `delayMs`; the returned function cancels it. The timer never keeps the process
   * alive by itself.
   */
  after(delayMs: number, task: () => void): () => void
}

export type LogFields = Readonly<Record<string, unknown>>

/** Structured log. Every field passes the redactor; secrets must not be handed in all the same. */
export type Logger = {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/**
 * Small documents that change seldom (settings, providers, apps). Reads are from memory; writes are durable
 * when `set` returns.
 */
export type KeyValueStore = {
  /** Every entry as it was loaded; `unknown` because the caller parses it. */
  entries(): ReadonlyArray<readonly [key: string, value: unknown]>
  get(key: string): unknown
  /** @throws KeywayError `disk_full` or `save_failed`; the value in memory is then still the old one. */
  set(key: string, value: unknown): void
  delete(key: string): void
}

/**
 * One file a record, for what there may be ten thousand of. `put` resolves when the record is durable (fsync
 * + rename + folder fsync).
 */
export type RecordStore = {
  /**
   * Loads all readable records; unreadable ones are set aside and reported through the damage list, never
   * overwritten.
   */
  loadAll(): Promise<ReadonlyArray<{ id: string; value: unknown }>>
  /**
   * Fresh from disk. Null when there is none. @throws KeywayError `data_damaged` when it cannot be read in
   * any generation.
   */
  read(id: string): Promise<unknown>
  /**
   * Atomic and durable. The generation before it is kept beside it. @throws KeywayError `disk_full` |
   * `save_failed`; the old record is then intact.
   */
  put(id: string, value: unknown): Promise<void>
  /** Removes the record and its kept generation. Removing what is not there is fine. */
  remove(id: string): Promise<void>
  /**
   * What a killed process had written whole and not put in place yet. Whoever can tell whether it is genuine
   * decides what becomes of it.
   */
  leftovers(): readonly Leftover[]
}

export type Leftover = {
  id: string
  value: unknown
  /** To be called when it has been dealt with. @throws KeywayError `save_failed` */
  discard(): Promise<void>
}

/** A file that could not be read: moved to `setAsidePath`, with what is in use instead. */
export type CorruptFile = {
  file: string
  setAsidePath: string
  using: 'previous generation' | 'copy in memory' | 'nothing'
  detectedAt: number
}

export type KeyWrapperKind = 'os-keychain' | 'safe-storage' | 'passphrase'

/**
 * Keeps the vault's data key for somebody who may have it. A protector never makes a weaker copy of it. Every
 * call ends within 10 s. Throws KeywayError `keychain_unavailable`, `keychain_timeout`, `wrong_passphrase` or
 * `passphrase_required`.
 */
export type KeyWrapper = {
  readonly kind: KeyWrapperKind
  /** What the window and `doctor` show, e.g. "Secret Service (gnome-keyring)". */
  describe(): string
  /** Whether it can be used here now; says why not. `basic_text` is a no. */
  probe(): Promise<{ usable: true } | { usable: false; reason: string }>
  /** Wraps the 32-byte data key; the answer is JSON-storable and useless without this protector. */
  wrap(dataKey: Uint8Array): Promise<Record<string, unknown>>
  /** Gives the data key back. A locked or absent keychain entry is a failure, never a new key. */
  unwrap(wrapped: unknown): Promise<Uint8Array>
  /**
   * Removes what `wrap` left outside the vault's file (a keychain entry). Absent where nothing is left.
   * Removing twice is fine.
   */
  forget?(wrapped: unknown): Promise<void>
  /** Absent where the keychain keeps nothing but the key. */
  readonly counter?: RollbackCounter
}

/**
 * A number beside the key in the keychain. The folder has it too; a folder that is behind it is an older copy
 * of itself.
 */
export type RollbackCounter = {
  /** Whether there is an entry that it belongs to: a key was wrapped or unwrapped here. */
  isKept(): boolean
  /** As it stood when the key was unwrapped; null when there was none. */
  seen(): number | null
  store(value: number): Promise<void>
}

/** Makes a passphrase protector; separate because the passphrase comes from a person each time. */
export type PassphraseKeyWrapperFactory = (passphrase: Secret) => KeyWrapper

/**
 * Opens the system browser, or says that it could not (a warning, not a failure: the link is shown instead).
 */
export type Browser = {
  /** `browserId`: one of `installed`; null: the system's own. */
  open(url: string, browserId: string | null): Promise<{ opened: true } | { opened: false; reason: string }>
  /** What else could open it, by name; empty where nobody can say. */
  installed(): Promise<InstalledBrowser[]>
}

/**
 * The platform's fetch, or a dispatcher-bound undici fetch: one for every outgoing request (corporate proxy,
 * extra CA).
 */
export type HttpFetch = (url: string, init?: RequestInit) => Promise<Response>

/** A listener for one sign-in, on a free port of this machine; only the callback is answered there. */
export type LoopbackListener = {
  readonly port: number
  /** Answers under way are still given. Twice is fine. */
  close(): void
}

/**
 * `localhost` listens on 127.0.0.1 and, where there is one, on [::1] with the same port. @throws KeywayError
 */
export type OpenLoopbackListener = (host: LoopbackHost) => Promise<LoopbackListener>

/** A longer timer would overflow and fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The machine's own time. */
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

// Lowercase without look-alikes, and fit for a file name on every platform.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** A prefix and 80 random bits, such as `con_7k2m…`. */
export function newId(prefix: string): string {
  return prefix + '_' + Array.from(randomBytes(16), (byte) => ALPHABET[byte & 31]).join('')
}
