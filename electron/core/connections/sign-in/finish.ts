// Turns a token response into a stored connection: identity, account, resource. If the person has to decide,
// the tokens wait in the sign-in and nothing is replaced before.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import type { AccountQuestion, Flow } from '../../../../shared/contract/flow.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import { missingScopes } from '../../../../shared/domain/scope-comparison.ts'
import { offlineScope } from '../../../../shared/domain/scopes.ts'
import { withTimeout } from '../../async.ts'
import { idTokenClaims, responseSecrets } from '../../oauth/token/response.ts'
import { openText, openValues, secretTraces } from '../../secret-traces.ts'
import { revokeUnused } from '../disconnect.ts'
import { refreshMethod } from '../refresh/backoff.ts'
import { checkLabelFree, freeLabel } from '../store/lookup.ts'
import { newConnection, reconnected, sameAccount } from '../store/record.ts'
import {
  FLOW_MS,
  type FlowDeps,
  isPendingFlow,
  type PendingSignIn,
  type Resource,
  type RunningFlow,
} from './sessions.ts'

const IDENTITY_MS = 10_000

/** Continues as far as possible without the person. Never throws: an error ends the sign-in. */
export async function finishSignIn(
  deps: FlowDeps,
  running: RunningFlow,
  fresh: PendingSignIn,
): Promise<Flow> {
  try {
    const pending = await identified(deps, running, fresh)
    // The sign-in was cancelled or replaced during the request.
    if (!isPendingFlow(running.flow)) return await discardSignIn(deps, running, pending)
    const target = targetOf(deps, pending)
    const question = target === null ? null : questionAbout(running, target, pending)
    if (target !== null && question !== null)
      return askForAccount(deps, running, pending, { target, question })
    return await chooseResource(deps, running, { ...pending, connectionId: target?.id ?? null })
  } catch (error) {
    return failSignIn(deps, running, error)
  }
}

/** The person decided what to do with the tokens of another account. */
export async function confirmAccount(
  deps: FlowDeps,
  running: RunningFlow,
  response: 'replace' | 'add' | 'discard',
): Promise<Flow> {
  const pending = waitingIn(running, 'confirming_account')
  running.pendingSignIn = null
  if (response === 'discard') return discardSignIn(deps, running, pending)
  deps.flows.show(running, (base) => ({ ...base, kind: 'exchanging' }))
  const connectionId = response === 'replace' ? pending.connectionId : null
  try {
    return await chooseResource(deps, running, { ...pending, connectionId, account: null })
  } catch (error) {
    return failSignIn(deps, running, error)
  }
}

export async function resourceChosen(
  deps: FlowDeps,
  running: RunningFlow,
  resourceId: string,
): Promise<Flow> {
  const pending = waitingIn(running, 'choosing_resource')
  const resource = pending.resources.find(({ id }) => id === resourceId)
  if (resource === undefined) {
    throw new KeywayError('invalid_request', {
      message: 'That is not one of the choices.',
      details: { field: 'resourceId' },
    })
  }
  running.pendingSignIn = null
  deps.flows.show(running, (base) => ({ ...base, kind: 'exchanging' }))
  try {
    return await store(deps, running, withResource(pending, resource))
  } catch (error) {
    return failSignIn(deps, running, error)
  }
}

async function identified(
  deps: FlowDeps,
  running: RunningFlow,
  pending: PendingSignIn,
): Promise<PendingSignIn> {
  const { response, provider, sign } = pending
  const credential = {
    accessToken: response.accessToken,
    tokenType: response.tokenType,
    dpopKey: response.dpopKey,
    values: { ...response.values, ...sign.values },
    idToken: response.idToken,
  }
  const asked = deps.oauth.identify(provider, credential, running.abort.signal)
  const told = await withTimeout(
    deps.clock,
    IDENTITY_MS,
    asked,
    () => new KeywayError('deadline_exceeded'),
  ).catch((error: unknown) => {
    // A sign-in is stored even if the account is unknown.
    deps.logger.warn('The provider did not say which account this is', { provider: provider.slug, error })
    return { id: null, label: null, values: {} }
  })
  // Redacted before the person is asked (another account, which resource), because the question is shown
  // before anything is stored.
  const traces = secretTraces([...responseSecrets(response), provider.clientSecret?.reveal()])
  return {
    ...pending,
    sign: {
      ...sign,
      identity: {
        id: openText(response.accountId ?? told.id, traces),
        label: openText(response.accountLabel ?? told.label, traces),
      },
      values: openValues({ ...sign.values, ...told.values }, traces),
    },
  }
}

/**
 * The connection for the tokens: the one to reconnect, or the one of the same account if no other label was
 * requested.
 */
function targetOf(deps: FlowDeps, pending: PendingSignIn): ConnectionRecord | null {
  if (pending.connectionId !== null) return deps.records.getOrThrow(pending.connectionId)
  if (pending.account !== null || pending.sign.identity.id === null) return null
  const siblings = deps.records.ofProvider(pending.provider.id).filter(({ how }) => how === pending.sign.how)
  return (
    siblings.find(({ identity }) => identity.id === pending.sign.identity.id) ??
    siblings.find((record) => sameAccount(record, pending.sign) === 'perhaps') ??
    null
  )
}

/** Null if the tokens may be stored in the connection without asking the person. */
function questionAbout(
  { input }: RunningFlow,
  target: ConnectionRecord,
  { sign }: PendingSignIn,
): AccountQuestion | null {
  const same = sameAccount(target, sign)
  if (same === 'perhaps') return 'rounded_id'
  return same === 'no' && target.id === input.connectionId ? 'other_account' : null
}

function askForAccount(
  deps: FlowDeps,
  running: RunningFlow,
  pending: PendingSignIn,
  { target, question }: { target: ConnectionRecord; question: AccountQuestion },
): Flow {
  running.pendingSignIn = { ...pending, connectionId: target.id }
  deps.flows.expireAfter(running, FLOW_MS)
  const [was, is] = [target.identity, pending.sign.identity]
  // Two accounts may have the same label, so the identifiers are shown too.
  const nameOf = ({ label, id }: ConnectionRecord['identity']): string =>
    question === 'rounded_id' && label !== null && id !== null
      ? `${label} (${id})`
      : (label ?? id ?? 'another account')
  return deps.flows.show(running, (base) => ({
    ...base,
    kind: 'confirming_account',
    was: nameOf(was),
    is: nameOf(is),
    about: question,
  }))
}

async function chooseResource(deps: FlowDeps, running: RunningFlow, pending: PendingSignIn): Promise<Flow> {
  const wanted = pending.provider.spec.account.resource
  if (wanted === null) return store(deps, running, pending)
  const { response, sign } = pending
  const credential = {
    accessToken: response.accessToken,
    tokenType: response.tokenType,
    dpopKey: response.dpopKey,
    values: { ...response.values, ...sign.values },
  }
  const traces = secretTraces([...responseSecrets(response), pending.provider.clientSecret?.reveal()])
  const listed = await deps.oauth.listResources(pending.provider, credential, running.abort.signal)
  const resources = listed
    .filter(({ id }) => !traces.isIn(id))
    .map(({ id, label, url }) => ({ id, label: openText(label, traces) ?? id, url: openText(url, traces) }))
  const before = pending.connectionId === null ? null : deps.records.get(pending.connectionId)
  const chosenBefore = before?.values[`resource.${wanted.bindAs}`]
  const known = resources.find(({ id }) => id === chosenBefore)
  const only = known ?? (resources.length === 1 ? resources[0] : undefined)
  if (only !== undefined) return store(deps, running, withResource(pending, only))
  if (resources.length === 0) return store(deps, running, pending)
  running.pendingSignIn = { ...pending, resources }
  deps.flows.expireAfter(running, FLOW_MS)
  return deps.flows.show(running, (base) => ({
    ...base,
    kind: 'choosing_resource',
    options: resources.map(({ id, label }) => ({ id, label })),
  }))
}

function withResource(pending: PendingSignIn, resource: Resource): PendingSignIn {
  const name = pending.provider.spec.account.resource?.bindAs ?? 'id'
  const values = {
    ...pending.sign.values,
    [`resource.${name}`]: resource.id,
    'resource.label': resource.label,
    ...(resource.url === null ? {} : { 'resource.url': resource.url }),
  }
  return { ...pending, sign: { ...pending.sign, values } }
}

function store(deps: FlowDeps, running: RunningFlow, pending: PendingSignIn): Promise<Flow> {
  return deps.withProviderLock(pending.provider.id, async () => {
    if (!isPendingFlow(running.flow)) return discardSignIn(deps, running, pending)
    const { records, clock, box } = deps
    const { provider, response } = pending
    const sign = {
      ...pending.sign,
      values: {
        ...pending.sign.values,
        ...(pending.redirectUri === null ? {} : { redirect_uri: pending.redirectUri }),
      },
    }
    const { browser } = running.input
    const { spec, clientSecret } = provider
    const tools = { box, spec, clientSecret, now: clock.now() }
    const before = pending.connectionId === null ? null : records.getOrThrow(pending.connectionId)
    let record: ConnectionRecord
    if (before === null) {
      const siblings = records.ofProvider(provider.id)
      if (pending.account !== null) checkLabelFree(siblings, pending.account)
      const account = pending.account ?? freeLabel(siblings, accountName(sign, provider.name))
      record = newConnection(
        { ...sign, providerId: provider.id, account, isDefault: false, browser },
        response,
        tools,
      )
      await records.add(record)
    } else {
      await deps.whenIdle(before.id)
      record = await records.change(before.id, (current) => ({
        ...reconnected(current, sign, response, tools),
        browser: browser ?? current.browser,
      }))
    }
    learnIssuer(deps, pending)
    deps.onSignedIn(record, before)
    return completeSignIn(deps, running, record, pending)
  })
}

/**
 * What the account is called until the person renames it: the person's name, else their identifier. The
 * provider's name is not a person's; only a client's own account has it.
 */
function accountName({ identity, how }: PendingSignIn['sign'], providerName: string): string {
  return identity.label ?? identity.id ?? (how === 'client_credentials' ? providerName : 'account')
}

/** Remembers the issuer of the first id_token of a provider that has none configured. */
function learnIssuer({ registry, logger }: FlowDeps, { provider, response }: PendingSignIn): void {
  const { issuer, url, learnedIssuer } = provider.spec.discovery
  if (issuer !== null || url !== null || learnedIssuer !== null || response.idToken === null) return
  const { iss } = idTokenClaims(response.idToken.reveal())
  if (typeof iss !== 'string' || iss.length > MAX_ISSUER) return
  try {
    registry().saveLearnedIssuer(provider.id, iss)
  } catch (error) {
    // The connection is stored. The next sign-in learns the issuer.
    logger.warn('The issuer of a provider could not be saved', { provider: provider.slug, error })
  }
}

const MAX_ISSUER = 2000

function completeSignIn(
  deps: FlowDeps,
  running: RunningFlow,
  record: ConnectionRecord,
  pending: PendingSignIn,
): Flow {
  deps.activity.append({
    kind: 'connect',
    outcome: 'ok',
    connectionId: record.id,
    providerSlug: pending.provider.slug,
    account: record.account,
  })
  return deps.flows.show(running, (base) => ({
    ...base,
    kind: 'done',
    connectionId: record.id,
    account: record.account,
    identityLabel: record.identity.label,
    grantedScopes: record.grantedScopes,
    missingScopes: missingScopes(record.requestedScopes, record.grantedScopes, pending.provider.spec.scopes),
    warning: signInWarning(record, pending.provider.spec),
  }))
}

async function discardSignIn(deps: FlowDeps, running: RunningFlow, pending: PendingSignIn): Promise<Flow> {
  const flow = deps.flows.end(running, { kind: 'cancelled' })
  await revokeUnused(deps, pending)
  return flow
}

function failSignIn(deps: FlowDeps, running: RunningFlow, error: unknown): Flow {
  const failure = asKeywayError(error)
  deps.logger.warn('A sign-in could not be finished', { flowId: running.base.id, code: failure.code, error })
  deps.activity.append({
    kind: 'connect',
    outcome: 'failed',
    providerSlug: running.base.providerSlug,
    code: failure.code,
  })
  return deps.flows.end(running, { kind: 'failed', failure })
}

function waitingIn(running: RunningFlow, kind: Flow['kind']): PendingSignIn {
  if (running.flow.kind === kind && running.pendingSignIn !== null) return running.pendingSignIn
  throw new KeywayError('flow_not_found', { message: 'This sign-in does not wait for that decision.' })
}

type SignedIn = Pick<ConnectionRecord, 'how' | 'hasRefreshToken' | 'expiresAt' | 'requestedScopes'>

/**
 * A warning for the person right after the sign-in: that the connection will end by itself, and how to
 * prevent it.
 */
export function signInWarning(record: SignedIn, spec: ProviderSpec): string | null {
  if (refreshMethod(record, spec) !== 'none' || record.expiresAt === null) return null
  const { needsParam, supported, note } = spec.refresh
  const end = `No refresh token came: this stops working at ${new Date(record.expiresAt).toISOString()}.`
  if (supported === 'no') return `${end} This provider gives none; sign in again then.`
  const scope = offlineScope(spec, record.requestedScopes)
  if (scope !== null) return `${end} Ask for the scope "${scope}" and connect again.`
  if (needsParam !== null)
    return `${end} The provider gives one only with ${needsParam}; connect again and allow it anew.`
  return `${end} ${note ?? 'Connect again and ask the provider to show its consent page (prompt=consent).'}`
}
