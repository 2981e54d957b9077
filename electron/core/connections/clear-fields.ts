// Removes secrets from the unencrypted fields of a connection (on disk, in the window, in API responses),
// whatever the provider put there. Records of an earlier version are cleaned when they are decrypted or
// written.
import type { ConnectionRecord, LifeEvent } from '../../../shared/contract/connection.ts'
import {
  HIDDEN,
  openScopes,
  openText,
  openValues,
  secretTraces,
  type SecretTraces,
} from '../secret-traces.ts'
import type { SecretBox } from '../vault/status.ts'
import { openTokenSet, type SealedRecord } from './store/sealed.ts'

/**
 * Traces of every token of a record and of the client secret.
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

/** The record without the traces; the same object if there are none. */
export function withoutTraces(record: ConnectionRecord, traces: SecretTraces): ConnectionRecord {
  const { identity, grantedScopes, requestedScopes, values, account, lastOutcome, life } = record
  const scrub = (text: string | null): string | null => (text === null ? null : traces.scrub(text))
  const clean: ConnectionRecord = {
    ...record,
    // A label that contains a token is replaced; the end of the id makes it unique.
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

/** Whether any unencrypted field could contain a token. Cheap, without the vault. */
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
