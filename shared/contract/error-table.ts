// The one table of failures. A code means the same in HTTP, CLI, client library, IPC and window; docs/errors.md is
// checked against it by a test.
type Row = {
  /** HTTP status of the local API. */
  status: number
  /** Exit code of the command line. */
  exit: number
  /** True when the same call may succeed later without anybody changing anything. */
  retryable: boolean
  /** What happened, for a person. */
  sentence: string
  /** What to do now. */
  nextStep: string
}

const row = (status: number, exit: number, retryable: boolean, sentence: string, nextStep: string): Row => ({
  status,
  exit,
  retryable,
  sentence,
  nextStep,
})

// One row a line, so that the table can be read as one.
// prettier-ignore
export const errorTable = {
  invalid_request: row(400, 2, false, 'The request is not of the shape this call takes.', 'Correct the named field and send it again.'),
  unauthorized: row(401, 3, false, 'No valid app key came with the request.', 'Send the key as "X-API-Key: <key>" or "Authorization: Bearer <key>"; make one under Apps.'),
  forbidden: row(403, 3, false, 'This app is not allowed to do that.', 'Widen what the app may do under Apps, or use another app key.'),
  host_refused: row(403, 3, false, 'The Host header does not name this local server.', 'Call http://127.0.0.1:<port> or http://localhost:<port>.'),
  origin_refused: row(403, 3, false, 'Browser pages from that origin may not call Keyway.', 'Register the origin for the app under Apps, or call from a local program.'),
  approval_denied: row(403, 3, false, 'The person said no to this request.', 'Ask again only when the person expects it.'),
  approval_timeout: row(403, 3, false, 'Nobody answered the approval question in time; that counts as a no.', 'Open Keyway, then send the request again.'),
  target_not_allowed: row(403, 3, false, 'That address is not one this connection may be used with.', "Add the host to the connection's allowed hosts if it is meant."),
  not_found: row(404, 4, false, 'There is nothing at that address.', 'Look at /openapi.json for the calls there are.'),
  provider_not_found: row(404, 4, false, 'No provider has that slug or id.', 'Register the provider in the window, or check the spelling.'),
  connection_not_found: row(404, 4, false, 'No connection has that id or account.', 'List them with GET /api/integration-connections.'),
  method_not_allowed: row(405, 2, false, 'That address does not take this method.', 'Use a method that the Allow header names.'),
  not_connected: row(409, 10, false, 'No account is connected at this provider yet.', 'Open connectUrl in a browser and sign in.'),
  token_expired: row(409, 10, false, 'The grant has ended; a fresh sign-in is needed.', 'Open connectUrl in a browser and sign in again.'),
  ambiguous_account: row(409, 2, false, 'Several accounts are connected at this provider and none is the default.', 'Name one of the listed accounts in "account", or in the Keyway-Account header of a request by path.'),
  scope_missing: row(409, 10, false, 'The connection was not granted all scopes that were asked for.', 'Open connectUrl to consent to the missing scopes.'),
  upgrade_required: row(402, 2, false, 'A plan would be needed.', 'Never occurs: Keyway has no plans.'),
  slug_taken: row(409, 2, false, 'Another provider has this slug.', 'Choose another slug.'),
  slug_reserved: row(409, 2, false, 'This slug is reserved for a built-in preset.', 'Choose another slug, or add the preset.'),
  slug_immutable: row(409, 2, false, 'A slug cannot be changed once the provider exists.', 'Duplicate the provider under the new slug.'),
  name_taken: row(409, 2, false, 'Another account of this provider has that name.', 'Choose another name.'),
  account_mismatch: row(409, 10, false, 'Another account came back than the one that was connected.', 'Sign in with the shown account, or confirm the replacement in the window.'),
  request_timeout: row(408, 13, true, 'The request did not arrive whole in time.', 'Send it again without pausing.'),
  expired_link: row(410, 2, false, 'This link was used already or is too old.', 'Ask for a fresh one.'),
  payload_too_large: row(413, 2, false, 'The body is larger than this call takes.', 'Send less, or use the path form of the request proxy, which streams.'),
  unsupported_media_type: row(415, 2, false, 'The body is not JSON.', 'Send "Content-Type: application/json".'),
  vault_locked: row(423, 11, true, 'The vault is locked, so no secret can be read.', 'Unlock Keyway in its window; nothing is lost.'),
  config_error: row(424, 12, false, 'The provider refuses the way it is set up here.', 'Change what the message names on the provider page.'),
  rate_limited: row(429, 13, true, 'Too many requests.', 'Wait for the time in Retry-After.'),
  headers_too_large: row(431, 2, false, 'The request headers are larger than 16 KiB.', 'Send fewer or shorter headers.'),
  internal_error: row(500, 1, false, 'Keyway itself failed.', 'Try again; if it stays, save a diagnostics bundle under Settings.'),
  retrying: row(503, 13, true, 'The provider cannot be reached or is overloaded right now.', 'Ask again at retryAt; the grant is kept.'),
  shutting_down: row(503, 13, true, 'Keyway is closing.', 'Try again when it runs.'),
  keyway_unreachable: row(503, 13, true, 'Keyway does not answer on this machine.', 'Start Keyway, or set KEYWAY_URL to where it listens.'),
  deadline_exceeded: row(504, 13, true, "No answer within this call's deadline.", 'Ask again; work already under way goes on.'),
  provider_unreachable: row(502, 13, true, 'The provider could not be reached.', 'Check the network and the address, then try again.'),
  provider_response_invalid: row(502, 12, false, 'The provider answered with something that is not what the protocol allows.', 'Run the provider check; it suggests which setting fits this server.'),
  provider_error: row(502, 12, false, 'The provider answered with an error.', "Read the provider's own words in the details."),
  discovery_failed: row(502, 12, false, 'No usable metadata was found at that address.', 'Check the issuer address, or type the endpoints by hand.'),
  flow_not_found: row(404, 4, false, 'No sign-in is waiting for this answer.', 'Start the sign-in again; each attempt has its own link.'),
  flow_expired: row(410, 10, false, 'This sign-in took too long and was closed.', 'Start it again.'),
  flow_cancelled: row(410, 10, false, 'This sign-in was cancelled.', 'Start it again.'),
  access_denied: row(403, 10, false, 'Access was denied at the provider.', 'Start again and allow access, or choose another account.'),
  state_mismatch: row(400, 2, false, 'The answer does not belong to any sign-in that was started here.', 'Start the sign-in again from Keyway.'),
  issuer_mismatch: row(400, 2, false, 'The answer came from another issuer than the one asked (RFC 9207).', "Check the provider's issuer, then start again."),
  callback_replayed: row(410, 2, false, 'This answer was used already.', 'Nothing more to do if the connection shows as connected; else start again.'),
  disk_full: row(507, 14, true, 'The disk is full; nothing was lost and nothing was overwritten.', 'Free some space; Keyway tries again by itself.'),
  save_failed: row(507, 14, true, 'Keyway could not write to its data folder.', 'Make the data folder writable; Keyway tries again by itself.'),
  data_damaged: row(500, 14, false, 'A data file could not be read and was set aside.', 'The last good copy is in use; the set-aside file is named in the window.'),
  data_folder_busy: row(503, 14, true, 'Another Keyway owns this data folder.', 'Use the running one, or close it first.'),
  port_busy: row(503, 14, false, 'The port is in use by another program.', 'Choose another port with --port or under Settings.'),
  keychain_unavailable: row(503, 11, true, 'No usable operating system keychain was found.', 'Choose a passphrase instead; Keyway never stores secrets unprotected.'),
  keychain_timeout: row(504, 11, true, 'The keychain did not answer within 10 seconds.', 'Look for a prompt of the keychain, then try again.'),
  wrong_passphrase: row(403, 11, false, 'The passphrase is not the right one.', 'Try again; check Caps Lock.'),
  passphrase_required: row(423, 11, false, 'This vault is protected by a passphrase.', 'Enter it in the window or give it on standard input.'),
  bundle_damaged: row(422, 14, false, 'The bundle is not whole, or was changed since it was made.', 'Take another copy of the file; nothing was imported.'),
  bundle_newer: row(422, 2, false, 'The bundle was made by a newer Keyway.', 'Update Keyway here, then import it again; nothing was imported.'),
  vault_exists: row(409, 2, false, 'There is a vault already.', 'Unlock it, or choose another data folder.'),
} as const satisfies Record<string, Row>
