// Errors as values: one class, one body, one converter. The error table defines what each code means.

export type ErrorCode = keyof typeof errorTable

/** Details of a failure that may be shown: never a secret, never a stack trace. */
export type ErrorDetails = Readonly<Record<string, unknown>>

/**
 * A failure with a code from {@link errorTable}. `message` is the table's sentence unless a more precise one
 * is given; it must not hold a secret. `cause` is kept for the redacting logger and never serialized.
 */
export class KeywayError extends Error {
  override readonly name = 'KeywayError'
  readonly code: ErrorCode
  /** The next step for a program. Text for a person comes from {@link nextStepFor}. */
  readonly nextStep: string
  readonly details: ErrorDetails

  constructor(
    code: ErrorCode,
    options: { message?: string; nextStep?: string; details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(
      options.message ?? errorTable[code].sentence,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.nextStep = options.nextStep ?? errorTable[code].nextStep.api
    this.details = options.details ?? {}
  }

  get status(): number {
    return errorTable[this.code].status
  }

  toJSON(): ErrorBody {
    return toErrorBody(this)
  }
}

/**
 * What a caller sees of a failure; the same over HTTP, IPC and in the CLI's JSON output. `code` is at the top
 * level for compatibility with leash clients.
 */
export type ErrorBody = {
  code: ErrorCode
  error: string
  message: string
  nextStep: string
  retryable: boolean
} & ErrorDetails

export function toErrorBody(error: KeywayError): ErrorBody {
  return {
    ...error.details,
    code: error.code,
    error: error.code,
    message: error.message,
    nextStep: error.nextStep,
    retryable: errorTable[error.code].retryable,
  }
}

/**
 * The next step in the words for one reader. Failures are sent and stored with the API's text. A step that
 * the code gave in place of the table's is meant for every reader and stays.
 */
export function nextStepFor<Step extends string | null>(
  reader: Reader,
  { code, nextStep }: { code: string | null; nextStep: Step },
): Step | string {
  if (code === null || nextStep === null || !isErrorCode(code)) return nextStep
  const steps = errorTable[code].nextStep
  // Outcomes that an earlier version stored have this text for every reader.
  const isApiStep = nextStep === steps.api || nextStep.includes('connectUrl')
  return isApiStep ? steps[reader] : nextStep
}

/** What happened and what to do, for one reader, where only one text fits. */
export const sentencesFor = (reader: Reader, error: KeywayError): string =>
  `${error.message} ${nextStepFor(reader, error)}`

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code)
}

/**
 * Converts any thrown value to a coded failure. A value without a code becomes `internal_error` and is kept
 * as the cause.
 */
export function asKeywayError(thrown: unknown): KeywayError {
  return thrown instanceof KeywayError ? thrown : new KeywayError('internal_error', { cause: thrown })
}

// The table of failures. A code means the same in HTTP, CLI, client library, IPC and window; a test compares
// docs/errors.md with it.
type Row = {
  /** HTTP status of the local API. */
  status: number
  /** Exit code of the command line. */
  exit: number
  /** True when the same call may succeed later without a change by anyone. */
  retryable: boolean
  /** What happened, for a person. */
  sentence: string
  /** The next step, in words for the reader. */
  nextStep: NextSteps
}

/**
 * Reader of a failure: a program that calls the local API, a person at the window, a person at a terminal.
 */
export type Reader = 'api' | 'window' | 'terminal'
export type NextSteps = Readonly<Record<Reader, string>>

const row = (
  status: number,
  exit: number,
  retryable: boolean,
  sentence: string,
  nextStep: NextSteps,
): Row => ({ status, exit, retryable, sentence, nextStep })

/** The same text for every reader: it names no route, header, JSON member or command. */
const forAll = (nextStep: string): NextSteps => ({ api: nextStep, window: nextStep, terminal: nextStep })

// One line a sentence, so that the table can be read as one.
// prettier-ignore
export const errorTable = {
  invalid_request: row(400, 2, false, 'The request is not of the shape this call takes.', {
    api: 'Correct the named field and send it again.',
    window: 'Correct the named field and try again.',
    terminal: 'Correct the named argument and run the command again.',
  }),
  unauthorized: row(401, 3, false, 'No valid app key came with the request.', {
    api: 'Send the key as "X-API-Key: <key>" or "Authorization: Bearer <key>"; make one under Apps.',
    window: 'Sign this window in again with the link that Keyway prints.',
    terminal: 'Make a key in the window under Apps, or with "keyway pair <name>", and put it into KEYWAY_KEY or give it with --key-stdin.',
  }),
  forbidden: row(403, 3, false, 'This app is not allowed to do that.', {
    api: 'Widen what the app may do under Apps, or use another app key.',
    window: 'Widen what the app may do under Apps.',
    terminal: 'Widen what the app may do in the window under Apps, or use another app key; "keyway whoami" shows what this one may do.',
  }),
  host_refused: row(403, 3, false, 'The Host header does not name this local server.', {
    api: 'Call http://127.0.0.1:<port> or http://localhost:<port>.',
    window: 'Open Keyway at http://127.0.0.1 or http://localhost and its port.',
    terminal: 'Set KEYWAY_URL to http://127.0.0.1:<port> or http://localhost:<port>.',
  }),
  origin_refused: row(403, 3, false, 'Browser pages from that origin may not call Keyway.', {
    api: 'Register the origin for the app under Apps, or call from a local program.',
    window: 'Use the page that Keyway itself opens; another page is let in by its origin under Apps.',
    terminal: 'Register the origin for the app in the window under Apps.',
  }),
  approval_denied: row(403, 3, false, 'The person said no to this request.', {
    api: 'Ask again only when the person expects it.',
    window: 'The app may ask again.',
    terminal: 'Ask again only when the person expects it.',
  }),
  approval_timeout: row(403, 3, false, 'Nobody answered the approval question in time; that counts as a no.', {
    api: 'Open Keyway, then send the request again.',
    window: 'The app may ask again; the question then appears here.',
    terminal: 'Open Keyway, then run the command again.',
  }),
  target_not_allowed: row(403, 3, false, 'That address is not one this connection may be used with.', {
    api: "Add the host to the connection's allowed hosts if it is meant.",
    window: "Add the host to the connection's allowed hosts if it is meant.",
    terminal: "Add the host to the connection's allowed hosts in the window if it is meant.",
  }),
  not_found: row(404, 4, false, 'There is nothing at that address.', {
    api: 'Look at /openapi.json for the calls there are.',
    window: 'Go back to the list; it may have been removed.',
    terminal: 'Check the name; "keyway providers" and "keyway connections" list what there is.',
  }),
  provider_not_found: row(404, 4, false, 'No provider has that slug or id.', {
    api: 'Register the provider in the window, or check the spelling.',
    window: 'Register the provider, or check the spelling.',
    terminal: 'Register the provider in the window or with "keyway apply", or check the spelling with "keyway providers".',
  }),
  connection_not_found: row(404, 4, false, 'No connection has that id or account.', {
    api: 'List them with GET /api/integration-connections.',
    window: 'Go back to the list of connections; it may have been disconnected.',
    terminal: 'Run "keyway connections" to list them.',
  }),
  method_not_allowed: row(405, 2, false, 'That address does not take this method.', {
    api: 'Use a method that the Allow header names.',
    window: 'Use another method.',
    terminal: 'Use another method.',
  }),
  not_connected: row(409, 10, false, 'No account is connected at this provider yet.', {
    api: 'Open connectUrl in a browser and sign in.',
    window: 'Press Connect and sign in.',
    terminal: 'Run "keyway connect <provider>" and sign in.',
  }),
  token_expired: row(409, 10, false, 'The grant has ended; a fresh sign-in is needed.', {
    api: 'Open connectUrl in a browser and sign in again.',
    window: 'Press Reconnect and sign in again.',
    terminal: 'Run "keyway connect <provider>" and sign in again.',
  }),
  ambiguous_account: row(409, 2, false, 'Several accounts are connected at this provider and none is the default.', {
    api: 'Name one of the listed accounts in "account", or in the Keyway-Account header of a request by path.',
    window: 'Choose one of the accounts, or make one of them the default.',
    terminal: 'Name one of the listed accounts with --account, for example --account work.',
  }),
  scope_missing: row(409, 10, false, 'The connection was not granted all scopes that were asked for.', {
    api: 'Open connectUrl to consent to the missing scopes.',
    window: 'Press "Ask for more scopes" and consent to the missing ones.',
    terminal: 'Run "keyway connect <provider> --scopes <list>" and consent to the missing scopes.',
  }),
  upgrade_required: row(402, 2, false, 'A plan would be needed.', forAll('Never occurs: Keyway has no plans.')),
  slug_taken: row(409, 2, false, 'Another provider has this slug.', forAll('Choose another slug.')),
  slug_reserved: row(409, 2, false, 'This slug is reserved for a built-in preset.', forAll('Choose another slug, or add the preset.')),
  slug_immutable: row(409, 2, false, 'A slug cannot be changed once the provider exists.', {
    api: 'Duplicate the provider under the new slug.',
    window: 'Duplicate the provider under the new slug.',
    terminal: 'Duplicate the provider under the new slug in the window.',
  }),
  name_taken: row(409, 2, false, 'Another account of this provider has that name.', forAll('Choose another name.')),
  account_mismatch: row(409, 10, false, 'Another account came back than the one that was connected.', {
    api: 'Sign in with the shown account, or confirm the replacement in the window.',
    window: 'Sign in with the shown account, or confirm the replacement.',
    terminal: 'Sign in with the shown account, or confirm the replacement in the window.',
  }),
  request_timeout: row(408, 13, true, 'The request did not arrive whole in time.', {
    api: 'Send it again without pausing.',
    window: 'Try again.',
    terminal: 'Run the command again; a body read from a program must not pause.',
  }),
  expired_link: row(410, 2, false, 'This link was used already or is too old.', {
    api: 'Ask for a fresh one.',
    window: 'Start again for a fresh one.',
    terminal: 'Run the command again for a fresh one.',
  }),
  payload_too_large: row(413, 2, false, 'The body is larger than this call takes.', {
    api: 'Send less, or use the path form of the request proxy, which streams.',
    window: 'Use a smaller file or text.',
    terminal: 'Send less.',
  }),
  unsupported_media_type: row(415, 2, false, 'The body is not JSON.', {
    api: 'Send "Content-Type: application/json".',
    window: 'Try again; if it stays, save a diagnostics bundle under Settings.',
    terminal: 'Update the command line to the version of Keyway that runs.',
  }),
  vault_locked: row(423, 11, true, 'The vault is locked, so no secret can be read.', {
    api: 'Unlock Keyway in its window; nothing is lost.',
    window: 'Unlock the vault; nothing is lost.',
    terminal: 'Unlock Keyway in its window; nothing is lost.',
  }),
  config_error: row(424, 12, false, 'The provider refuses the way it is set up here.', {
    api: 'Change what the message names on the provider page.',
    window: 'Correct the setting named above on the provider page.',
    terminal: 'Correct the setting named above on the provider page in the window.',
  }),
  rate_limited: row(429, 13, true, 'Too many requests.', {
    api: 'Wait for the time in Retry-After.',
    window: 'Wait a moment, then try again.',
    terminal: 'Wait a moment, then run the command again.',
  }),
  headers_too_large: row(431, 2, false, 'The request headers are larger than 64 KiB.', {
    api: 'Send fewer or shorter headers.',
    window: 'Delete the cookies of this address in the browser, then open it again.',
    terminal: 'Send fewer or shorter headers.',
  }),
  internal_error: row(500, 1, false, 'Keyway itself failed.', {
    api: 'Try again; if it stays, save a diagnostics bundle under Settings.',
    window: 'Try again; if it stays, save a diagnostics bundle under Settings.',
    terminal: 'Try again; if it stays, save a diagnostics bundle in the window under Settings.',
  }),
  retrying: row(503, 13, true, 'The provider cannot be reached or is overloaded right now.', {
    api: 'Ask again at retryAt; the grant is kept.',
    window: 'Nothing to do: Keyway tries again by itself, and the grant is kept.',
    terminal: 'Run the command again later; the grant is kept.',
  }),
  shutting_down: row(503, 13, true, 'Keyway is closing.', {
    api: 'Try again when it runs.',
    window: 'Start Keyway again.',
    terminal: 'Start Keyway, then run the command again.',
  }),
  keyway_unreachable: row(503, 13, true, 'Keyway does not answer on this machine.', {
    api: 'Start Keyway, or set KEYWAY_URL to where it listens.',
    window: 'Start Keyway again.',
    terminal: 'Start Keyway, or set KEYWAY_URL to where it listens.',
  }),
  deadline_exceeded: row(504, 13, true, "No answer within this call's deadline.", {
    api: 'Ask again; work already under way goes on.',
    window: 'Try again; the operation continues in the background.',
    terminal: 'Run the command again; the operation continues in the background.',
  }),
  provider_unreachable: row(502, 13, true, 'The provider could not be reached.', forAll('Check the network and the address, then try again.')),
  provider_response_invalid: row(502, 12, false, 'The provider answered with something that is not what the protocol allows.', {
    api: 'Run the provider check; it suggests which setting fits this server.',
    window: 'Run the provider check; it suggests which setting fits this server.',
    terminal: 'Run the provider check in the window; it suggests which setting fits this server.',
  }),
  provider_error: row(502, 12, false, 'The provider answered with an error.', {
    api: "Read the provider's own words in the details.",
    window: "Read the provider's own words above, then try again.",
    terminal: "Read the provider's own words above, then try again.",
  }),
  discovery_failed: row(502, 12, false, 'No usable metadata was found at that address.', forAll('Check the issuer address, or type the endpoints by hand.')),
  flow_not_found: row(404, 4, false, 'No sign-in is waiting for this answer.', forAll('Start the sign-in again; each attempt has its own link.')),
  flow_expired: row(410, 10, false, 'This sign-in took too long and was closed.', {
    api: 'Start it again.',
    window: 'Start it again.',
    terminal: 'Run "keyway connect <provider>" again.',
  }),
  flow_cancelled: row(410, 10, false, 'This sign-in was cancelled.', {
    api: 'Start it again.',
    window: 'Start it again.',
    terminal: 'Run "keyway connect <provider>" again.',
  }),
  access_denied: row(403, 10, false, 'Access was denied at the provider.', forAll('Start again and allow access, or choose another account.')),
  state_mismatch: row(400, 2, false, 'The answer does not belong to any sign-in that was started here.', forAll('Start the sign-in again from Keyway.')),
  issuer_mismatch: row(400, 2, false, 'The answer came from another issuer than the one asked (RFC 9207).', forAll("Check the provider's issuer, then start again.")),
  callback_replayed: row(410, 2, false, 'This answer was used already.', forAll('Nothing more to do if the connection shows as connected; else start again.')),
  disk_full: row(507, 14, true, 'The disk is full; nothing was lost and nothing was overwritten.', forAll('Free some space; Keyway tries again by itself.')),
  save_failed: row(507, 14, true, 'Keyway could not write to its data folder.', forAll('Make the data folder writable; Keyway tries again by itself.')),
  data_damaged: row(500, 14, false, 'A data file could not be read and was set aside.', {
    api: 'The last good copy is in use; the set-aside file is named in the window.',
    window: 'The last good copy is in use; the set-aside file is named under Settings, Data.',
    terminal: 'The last good copy is in use; the set-aside file is named in the window.',
  }),
  integrity_check_failed: row(423, 11, false, 'Something that this depends on was changed outside Keyway, and nobody has confirmed it.', {
    api: 'Open Keyway: its window shows what was changed and lets the person decide. Nothing is sent until then.',
    window: 'Look at what was changed under Integrity, and decide.',
    terminal: 'Open Keyway: its window shows what was changed and lets you decide. Nothing is sent until then.',
  }),
  folder_newer: row(503, 14, false, 'A newer Keyway wrote this data folder.', forAll('Update Keyway, or choose another data folder; nothing in this one was changed.')),
  folder_link: row(503, 14, false, 'Something in the data folder is a symbolic link, and Keyway follows none there.', forAll('Put the file or folder itself in the place of the link, then start Keyway again; nothing was changed.')),
  data_folder_busy: row(503, 14, true, 'Another Keyway owns this data folder.', forAll('Use the running one, or close it first.')),
  port_busy: row(503, 14, false, 'The port is in use by another program.', {
    api: 'Choose another port with --port or under Settings.',
    window: 'Choose another port under Settings, Local API.',
    terminal: 'Choose another port with --port or in the window under Settings.',
  }),
  keychain_unavailable: row(503, 11, true, 'No usable operating system keychain was found.', forAll('Choose a passphrase instead; Keyway never stores secrets unprotected.')),
  keychain_timeout: row(504, 11, true, 'The keychain did not answer within 10 seconds.', forAll('Look for a prompt of the keychain, then try again.')),
  presence_required: row(403, 3, false, 'This window was opened from a shell. It may look; before it changes anything, prove that it is you.', {
    api: 'Call presence.prove with the passphrase, or with the code that Keyway shows in a window that is open already or on its terminal.',
    window: 'Prove that it is you with the passphrase, or with the code that Keyway shows in a window that is open already or on its terminal.',
    terminal: 'Do it in the window, where Keyway asks for the passphrase or for a code.',
  }),
  wrong_code: row(403, 3, false, 'That is not the code.', forAll('Compare it and type it again.')),
  wrong_passphrase: row(403, 11, false, 'The passphrase is not the right one.', forAll('Try again; check Caps Lock.')),
  passphrase_required: row(423, 11, false, 'This vault is protected by a passphrase.', {
    api: 'Enter it in the window or give it on standard input.',
    window: 'Enter the passphrase.',
    terminal: 'Enter it in the window or give it on standard input.',
  }),
  bundle_damaged: row(422, 14, false, 'The bundle is not whole, or was changed since it was made.', forAll('Take another copy of the file; nothing was imported.')),
  bundle_newer: row(422, 2, false, 'The bundle was made by a newer Keyway.', forAll('Update Keyway here, then import it again; nothing was imported.')),
  vault_exists: row(409, 2, false, 'There is a vault already.', forAll('Unlock it, or choose another data folder.')),
} as const satisfies Record<string, Row>
