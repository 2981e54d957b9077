// The registered providers: creating, changing, removing and resolving them.
import { isDeepStrictEqual } from 'node:util'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type {
  ProviderChange,
  ProviderInput,
  ProviderRecord,
  ProviderView,
} from '../../../shared/contract/provider.ts'
import type { RedirectPlan } from '../../../shared/contract/ui-api.ts'
import type { AuditLog, Providers } from '../keyway.ts'
import { pemOf } from '../oauth/client-keys.ts'
import type { RegistrationSecrets } from '../oauth/types.ts'
import type { Clock } from '../ports.ts'
import type { SecretBox } from '../vault/status.ts'
import {
  changedProvider,
  checkedSpec,
  checkSlug,
  needAddresses,
  newProvider,
  type ProviderFindings,
  withRegisteredClient,
} from './changes.ts'
import { withClientKey, withNewClientKey } from './client-keys.ts'
import { checkPatterns } from './data-patterns.ts'
import { resolveProvider, type ProviderStore } from './store.ts'

export type PlanRedirect = (
  provider: Pick<ProviderRecord, 'redirect' | 'redirectHost' | 'flow'> & { spec: ProviderSpec },
) => RedirectPlan

export type ProvidersDeps = {
  store: ProviderStore
  box: SecretBox
  clock: Clock
  presets: readonly Preset[]
  activity: Pick<AuditLog, 'append'>
  planRedirect: PlanRedirect
  connectionCount: (providerId: string) => number
  /** Disconnects and removes all connections of a provider; resolves with their number. */
  removeConnections: (providerId: string) => Promise<number>
  onChanged: (change: { before: ProviderRecord | null; after: ProviderRecord | null }) => void
}

/** {@link Providers}, plus registration with the result of a dynamic registration (RFC 7591). */
export type ProviderRegistry = Providers &
  ProviderFindings & {
    createRegistered(input: ProviderInput, registered: RegistrationSecrets | null): ProviderView
  }

export function createProviders(deps: ProvidersDeps): ProviderRegistry {
  const { store, box, clock } = deps
  const presetSlugs = deps.presets.map(({ slug }) => slug)

  const view = (record: ProviderRecord): ProviderView => viewOf(deps, record)
  const note = ({ slug }: ProviderRecord, what: string): void =>
    deps.activity.append({ kind: 'provider', outcome: 'ok', providerSlug: slug, note: what })
  const save: Save = (before, changed, what) => {
    check(store, before, changed)
    const after = withClientKey(changed, store.specOf(changed), box)
    store.save(after)
    note(after, what)
    deps.onChanged({ before, after })
    return after
  }

  const createRegistered: ProviderRegistry['createRegistered'] = (input, registered) => {
    checkSlug(input, { presetSlugs, takenSlugs: store.takenSlugs() })
    return view(save(null, newProvider(input, registered, { box, clock }), 'registered'))
  }

  return {
    list: () => store.list().map(view),
    notFound: (idOrSlug) => store.notFound(idOrSlug),
    find(idOrSlug) {
      const record = store.byId(idOrSlug) ?? store.bySlug(idOrSlug)
      return record === null ? null : view(record)
    },
    create: (input) => createRegistered(input, null),
    createRegistered,
    preview: (id, change, how = 'merge') => previewOf(deps, store.getOrThrow(id), change, how),
    update(id, patch) {
      const before = store.getOrThrow(id)
      if ('slug' in patch && patch.slug !== undefined && patch.slug !== before.slug) {
        throw new KeywayError('slug_immutable', { details: { field: 'slug' } })
      }
      const { record, reauthorise } = changedProvider(before, patch, { box, clock })
      return { provider: view(save(before, record, 'changed')), reauthorise }
    },
    async remove(id) {
      const record = store.getOrThrow(id)
      const removedConnections = await deps.removeConnections(id)
      store.remove(id)
      note(record, 'removed')
      deps.onChanged({ before: record, after: null })
      return { removedConnections }
    },
    ...foundOut(deps, save),
    newClientKey(id) {
      const before = store.getOrThrow(id)
      const { signingAlgorithm } = store.specOf(before).client
      const after = withNewClientKey({ ...before, updatedAt: clock.now() }, signingAlgorithm, box)
      return view(save(before, after, 'new key for client authentication'))
    },
    resolve: (id) => resolveProvider({ providers: store, box }, store.getOrThrow(id)),
  }
}

type Save = (before: ProviderRecord | null, changed: ProviderRecord, what: string) => ProviderRecord

/** Stores what a sign-in finds out about a provider. */
function foundOut(deps: ProvidersDeps, save: Save): ProviderFindings {
  const { store, clock } = deps
  return {
    saveRegisteredClient(id, client) {
      const before = store.getOrThrow(id)
      const record = withRegisteredClient(before, client, deps)
      return save(before, record, 'the provider registered a client for Keyway')
    },
    saveClientRefused(id) {
      const before = store.getOrThrow(id)
      const { dynamicRegistration, registrationRequest } = store.specOf(before).client
      if (!dynamicRegistration && registrationRequest === null) return false
      if (before.clientRefusedAt === null)
        save(before, { ...before, clientRefusedAt: clock.now() }, 'the registered client was refused')
      return true
    },
    saveClientAccepted(id) {
      const before = store.getOrThrow(id)
      if (before.clientRefusedAt === null) return
      save(before, { ...before, clientRefusedAt: null }, 'the registered client was accepted')
    },
    saveRefreshWithoutResource(id) {
      const before = store.getOrThrow(id)
      const { omitParams } = store.specOf(before).refresh
      if (omitParams.includes('resource')) return
      const refresh = { ...before.spec.refresh, omitParams: [...omitParams, 'resource'] }
      const spec = { ...before.spec, refresh }
      save(before, { ...before, spec, updatedAt: clock.now() }, 'no resource at refreshes')
    },
    saveLearnedIssuer(id, issuer) {
      const before = store.getOrThrow(id)
      const known = store.specOf(before).discovery
      if ([known.issuer, known.url, known.learnedIssuer].some((one) => one !== null)) return
      const discovery = { ...before.spec.discovery, learnedIssuer: issuer }
      save(
        before,
        { ...before, spec: { ...before.spec, discovery }, updatedAt: clock.now() },
        'issuer learned',
      )
    },
  }
}

/** Rejects, before the write, an invalid spec and invalid patterns, parameters and addresses. */
function check(
  { specOf }: Pick<ProviderStore, 'specOf'>,
  before: ProviderRecord | null,
  after: ProviderRecord,
): void {
  const parameters = after.parameters === before?.parameters ? {} : after.parameters
  const [was, is] = [before === null ? null : specOf(before), specOf(after)]
  checkPatterns(is, { before: was, parameters })
  // A provider that an older version stored without an address can still be renamed; a change of its
  // addresses must complete them.
  const isSame =
    before?.flow === after.flow &&
    isDeepStrictEqual([was?.endpoints, was?.discovery], [is.endpoints, is.discovery])
  if (!isSame) needAddresses(after, is)
}

function viewOf(deps: ProvidersDeps, record: ProviderRecord): ProviderView {
  const spec = deps.store.specOf(record)
  return providerView(record, {
    spec,
    plan: deps.planRedirect({ ...record, spec }),
    connectionCount: deps.connectionCount(record.id),
  })
}

function previewOf(
  deps: ProvidersDeps,
  before: ProviderRecord,
  { spec, ...rest }: ProviderChange,
  how: 'merge' | 'replace',
): ReturnType<Providers['preview']> {
  const preset = deps.store.presetOf(before)
  const patch = spec === undefined ? rest : { ...rest, spec: checkedSpec(before, { spec, how }, preset) }
  const { record } = changedProvider(before, { ...patch, clientSecret: undefined }, deps)
  return { patch, after: viewOf(deps, record) }
}

/** The view of a provider for the window and the API, without secrets. */
function providerView(
  record: ProviderRecord,
  about: { spec: ProviderSpec; plan: RedirectPlan; connectionCount: number },
): ProviderView {
  const {
    sealedClientSecret,
    sealedRegistration: _registration,
    sealedClientKeys: _keys,
    spec: overrides,
    ...rest
  } = record
  const [newest] = record.clientKeys
  return {
    ...rest,
    clientKeyPem: newest === undefined ? null : pemOf(newest),
    hasClientSecret: sealedClientSecret !== null,
    spec: about.spec,
    overrides,
    redirectUri: about.plan.redirectUri,
    redirectNote: about.plan.note,
    connectionCount: about.connectionCount,
  }
}
