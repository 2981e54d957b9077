// What of a connection stands in the clear: on disk, in the window, in answers to apps. No secret of the
// connection may be among it, whatever the provider put there; records of an earlier version are cleaned when
// they are opened or written again.
import type { ConnectionRecord, LifeEvent } from '../../../shared/contract/connection.ts'
import {
  HIDDEN,
  openScopes,
  openText,
  openValues,
  secretTraces,
  type SecretTraces,
} from '../secret-traces.ts'
import type { SecretBox } from '../vault/secret-box.ts'
import { openTokenSet, type SealedRecord } from './store/sealed.ts'

/**
 * Traces of every token that a record holds, and of the client secret.
 * @throws KeywayError vault_locked | data_damaged | integrity_check_failed
 */
export function tracesOf(box: SecretBox, record: SealedRecord, clientSecret: string | null): SecretTraces {
  const places = record.sealedPrevious === null ? (['current'] as const) : (['current', 'previous'] as const)
  const sets = places.map((place) => openTokenSet(box, record, place))
  return secretTraces([
    clientSecret,
    ...sets.flatMap(({ accessToken, refreshToken, idToken, second }) => [
      accessToken,
      refreshToken,
      idToken,
      second?.accessToken,
      second?.refreshToken,
    ]),
  ])
}

/** The record without the traces; the very same one when there are none. */
export function withoutTraces(record: ConnectionRecord, traces: SecretTraces): ConnectionRecord {
  const { identity, grantedScopes, requestedScopes, values, account, lastOutcome, life } = record
  const scrub = (text: string | null): string | null => (text === null ? null : traces.scrub(text))
  const clean: ConnectionRecord = {
    ...record,
    // A name made of a token is no name; the end of the id keeps it apart from its neighbors.
    account: traces.isIn(account) ? `account ${record.id.slice(-6)}` : account,
    identity: { id: openText(identity.id, traces), label: openText(identity.label, traces) },
    requestedScopes: requestedScopes.filter((scope) => !traces.isIn(scope)),
    grantedScopes:
      openScopes(grantedScopes, traces) ?? requestedScopes.filter((scope) => !traces.isIn(scope)),
    values: openValues(values, traces),
    lastOutcome: {
      ...lastOutcome,
      code: scrub(lastOutcome.code),
      message: scrub(lastOutcome.message),
      nextStep: scrub(lastOutcome.nextStep),
    },
    life: life.map((event) => openEvent(event, traces)),
  }
  return JSON.stringify(clean) === JSON.stringify(record) ? record : clean
}

function openEvent(event: LifeEvent, traces: SecretTraces): LifeEvent {
  const [code, message, by] = [event.code, event.message, event.by].map((text) =>
    text === null ? null : traces.scrub(text),
  )
  return Object.assign({}, event, { code, message, by })
}

/** Cheap, without the vault: whether a record has anything in the clear that could be a token at all. */
export function mayHoldTraces({
  identity,
  grantedScopes,
  values,
  account,
  lastOutcome,
}: ConnectionRecord): boolean {
  const texts = [
    account,
    identity.id,
    identity.label,
    lastOutcome.code,
    lastOutcome.message,
    ...grantedScopes,
  ]
  return [...texts, ...Object.values(values)].some(
    (text) => text !== null && !text.includes(HIDDEN) && /[A-Za-z0-9_~+/=-]{12}/.test(text),
  )
}
