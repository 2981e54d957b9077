// From tokens to a connection: who is it, is it who it was, which resource, stored. What needs the person's
// word waits in the flow, and nothing is replaced before.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import type { AccountQuestion, Flow } from '../../../../shared/contract/flow.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import { missingScopes, offlineScope } from '../../../../shared/domain/scopes.ts'
import { withTimeout } from '../../async.ts'
import { responseSecrets } from '../../oauth/token/response.ts'
import { openText, openValues, secretTraces } from '../../secret-traces.ts'
import { giveBack } from '../disconnect.ts'
import { refreshMethod } from '../refresh/backoff.ts'
import { checkLabelFree, freeLabel } from '../store/labels.ts'
import { newConnection, reconnected, sameAccount } from '../store/record.ts'
import { FLOW_MS, type HeldSignIn, isPending, type Resource, type RunningFlow } from './running.ts'
import type { FlowDeps } from './sessions.ts'

const IDENTITY_MS = 10_000

/**
 * Carries a fresh answer as far as it goes without the person. Never throws: what goes wrong is the flow's
 * end.
 */
export async function finishSignIn(deps: FlowDeps, running: RunningFlow, fresh: HeldSignIn): Promise<Flow> {
  try {
    const held = await identified(deps, running, fresh)
    // Cancelled or superseded while the provider was asked.
    if (!isPending(running.flow)) return await drop(deps, running, held)
    const target = targetOf(deps, held)
    const question = target === null ? null : questionAbout(running, target, held)
    if (target !== null && question !== null) return askForAccount(deps, running, held, { target, question })
    return await chooseResource(deps, running, { ...held, connectionId: target?.id ?? null })
  } catch (error) {
    return failed(deps, running, error)
  }
}

/** The person has said what to do with another account's tokens. */
export async function confirmAccount(
  deps: FlowDeps,
  running: RunningFlow,
  answer: 'replace' | 'add' | 'discard',
): Promise<Flow> {
  const held = waitingIn(running, 'confirming_account')
  running.held = null
  if (answer === 'discard') return drop(deps, running, held)
  deps.flows.show(running, (base) => ({ ...base, kind: 'exchanging' }))
  const connectionId = answer === 'replace' ? held.connectionId : null
  try {
    return await chooseResource(deps, running, { ...held, connectionId, account: null })
  } catch (error) {
    return failed(deps, running, error)
  }
}

export async function resourceChosen(
  deps: FlowDeps,
  running: RunningFlow,
  resourceId: string,
): Promise<Flow> {
  const held = waitingIn(running, 'choosing_resource')
  const resource = held.resources.find(({ id }) => id === resourceId)
  if (resource === undefined) {
    throw new KeywayError('invalid_request', {
      message: 'That is not one of the choices.',
      details: { field: 'resourceId' },
    })
  }
  running.held = null
  deps.flows.show(running, (base) => ({ ...base, kind: 'exchanging' }))
  try {
    return await store(deps, running, withResource(held, resource))
  } catch (error) {
    return failed(deps, running, error)
  }
}

async function identified(deps: FlowDeps, running: RunningFlow, held: HeldSignIn): Promise<HeldSignIn> {
  const { answer, provider, sign } = held
  const credential = {
    accessToken: answer.accessToken,
    tokenType: answer.tokenType,
    dpopKey: answer.dpopKey,
    values: { ...answer.values, ...sign.values },
    idToken: answer.idToken,
  }
  const asked = deps.oauth.identify(provider, credential, running.abort.signal)
  const told = await withTimeout(
    deps.clock,
    IDENTITY_MS,
    asked,
    () => new KeywayError('deadline_exceeded'),
  ).catch((error: unknown) => {
    // A sign-in is worth keeping also when nobody tells whose it is.
    deps.logger.warn('The provider did not say which account this is', { provider: provider.slug, error })
    return { id: null, label: null, values: {} }
  })
  // Also what the person is asked about (another account, which resource) is shown before anything is stored.
  const traces = secretTraces([...responseSecrets(answer), provider.clientSecret?.reveal()])
  return {
    ...held,
    sign: {
      ...sign,
      identity: {
        id: openText(answer.accountId ?? told.id, traces),
        label: openText(answer.accountLabel ?? told.label, traces),
      },
      values: openValues({ ...sign.values, ...told.values }, traces),
    },
  }
}

/**
 * Where the tokens go: the connection that was to be reconnected, or the one of the same account when no
 * other label was asked for.
 */
function targetOf(deps: FlowDeps, held: HeldSignIn): ConnectionRecord | null {
  if (held.connectionId !== null) return deps.book.getOrThrow(held.connectionId)
  if (held.account !== null || held.sign.identity.id === null) return null
  const siblings = deps.book.ofProvider(held.provider.id).filter(({ how }) => how === held.sign.how)
  return (
    siblings.find(({ identity }) => identity.id === held.sign.identity.id) ??
    siblings.find((record) => sameAccount(record, held.sign) === 'perhaps') ??
    null
  )
}

/** Null where the tokens may go into the connection without the person's word. */
function questionAbout(
  { input }: RunningFlow,
  target: ConnectionRecord,
  { sign }: HeldSignIn,
): AccountQuestion | null {
  const same = sameAccount(target, sign)
  if (same === 'perhaps') return 'rounded_id'
  return same === 'no' && target.id === input.connectionId ? 'other_account' : null
}

function askForAccount(
  deps: FlowDeps,
  running: RunningFlow,
  held: HeldSignIn,
  { target, question }: { target: ConnectionRecord; question: AccountQuestion },
): Flow {
  running.held = { ...held, connectionId: target.id }
  deps.flows.expireAfter(running, FLOW_MS)
  const [was, is] = [target.identity, held.sign.identity]
  // Two names that may well be the same say nothing without the identifiers.
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

async function chooseResource(deps: FlowDeps, running: RunningFlow, held: HeldSignIn): Promise<Flow> {
  const wanted = held.provider.spec.account.resource
  if (wanted === null) return store(deps, running, held)
  const { answer, sign } = held
  const credential = {
    accessToken: answer.accessToken,
    tokenType: answer.tokenType,
    dpopKey: answer.dpopKey,
    values: { ...answer.values, ...sign.values },
  }
  const traces = secretTraces([...responseSecrets(answer), held.provider.clientSecret?.reveal()])
  const listed = await deps.oauth.listResources(held.provider, credential, running.abort.signal)
  const resources = listed
    .filter(({ id }) => !traces.isIn(id))
    .map(({ id, label, url }) => ({ id, label: openText(label, traces) ?? id, url: openText(url, traces) }))
  const before = held.connectionId === null ? null : deps.book.get(held.connectionId)
  const chosenBefore = before?.values[`resource.${wanted.bindAs}`]
  const known = resources.find(({ id }) => id === chosenBefore)
  const only = known ?? (resources.length === 1 ? resources[0] : undefined)
  if (only !== undefined) return store(deps, running, withResource(held, only))
  if (resources.length === 0) return store(deps, running, held)
  running.held = { ...held, resources }
  deps.flows.expireAfter(running, FLOW_MS)
  return deps.flows.show(running, (base) => ({
    ...base,
    kind: 'choosing_resource',
    options: resources.map(({ id, label }) => ({ id, label })),
  }))
}

function withResource(held: HeldSignIn, resource: Resource): HeldSignIn {
  const name = held.provider.spec.account.resource?.bindAs ?? 'id'
  const values = {
    ...held.sign.values,
    [`resource.${name}`]: resource.id,
    'resource.label': resource.label,
    ...(resource.url === null ? {} : { 'resource.url': resource.url }),
  }
  return { ...held, sign: { ...held.sign, values } }
}

function store(deps: FlowDeps, running: RunningFlow, held: HeldSignIn): Promise<Flow> {
  return deps.inProviderTurn(held.provider.id, async () => {
    if (!isPending(running.flow)) return drop(deps, running, held)
    const { book, clock, box } = deps
    const { provider, answer } = held
    const sign = {
      ...held.sign,
      values: {
        ...held.sign.values,
        ...(held.redirectUri === null ? {} : { redirect_uri: held.redirectUri }),
      },
    }
    const { browser } = running.input
    const { spec, clientSecret } = provider
    const tools = { box, spec, clientSecret, now: clock.now() }
    const before = held.connectionId === null ? null : book.getOrThrow(held.connectionId)
    let record: ConnectionRecord
    if (before === null) {
      const siblings = book.ofProvider(provider.id)
      if (held.account !== null) checkLabelFree(siblings, held.account)
      const account = held.account ?? freeLabel(siblings, sign.identity.label ?? provider.name)
      record = newConnection(
        { ...sign, providerId: provider.id, account, isDefault: false, browser },
        answer,
        tools,
      )
      await book.add(record)
    } else {
      await deps.settled(before.id)
      record = await book.change(before.id, (current) => ({
        ...reconnected(current, sign, answer, tools),
        browser: browser ?? current.browser,
      }))
    }
    deps.onSignedIn(record, before)
    return done(deps, running, record, held)
  })
}

function done(deps: FlowDeps, running: RunningFlow, record: ConnectionRecord, held: HeldSignIn): Flow {
  deps.activity.append({
    kind: 'connect',
    outcome: 'ok',
    connectionId: record.id,
    providerSlug: held.provider.slug,
    account: record.account,
  })
  return deps.flows.show(running, (base) => ({
    ...base,
    kind: 'done',
    connectionId: record.id,
    account: record.account,
    identityLabel: record.identity.label,
    grantedScopes: record.grantedScopes,
    missingScopes: missingScopes(
      record.requestedScopes,
      record.grantedScopes,
      held.provider.spec.scopes.aliases,
    ),
    warning: signInWarning(record, held.provider.spec),
  }))
}

async function drop(deps: FlowDeps, running: RunningFlow, held: HeldSignIn): Promise<Flow> {
  const flow = deps.flows.end(running, { kind: 'cancelled' })
  await giveBack(deps, held)
  return flow
}

function failed(deps: FlowDeps, running: RunningFlow, error: unknown): Flow {
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

function waitingIn(running: RunningFlow, kind: Flow['kind']): HeldSignIn {
  if (running.flow.kind === kind && running.held !== null) return running.held
  throw new KeywayError('flow_not_found', { message: 'This sign-in does not wait for that decision.' })
}

type SignedIn = Pick<ConnectionRecord, 'how' | 'hasRefreshToken' | 'expiresAt' | 'requestedScopes'>

/**
 * What a person should know right after signing in: that this will end by itself, and what would prevent it.
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
