// Builds the records of an import from a bundle and the person's choices, encrypted for this vault. Nothing
// is written here, and no existing record changes: every record is new, with a free id.
import { type AppRecord, appRecord, grant as grantSchema, type Grant } from '../../../shared/contract/app.ts'
import type { BundleChoices, BundleImported } from '../../../shared/contract/transfer.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import { secretOrNull } from '../../../shared/contract/secret.ts'
import type { SettingsPatch } from '../../../shared/contract/settings.ts'
import { freeSlug } from '../../../shared/domain/foreign/provider.ts'
import { slugAvailability } from '../../../shared/domain/slug-availability.ts'
import { createYielder } from './file-reader.ts'
import { freeLabel } from '../connections/store/lookup.ts'
import { sealTokenSet } from '../connections/store/sealed.ts'
import { newId } from '../ports.ts'
import { sealClientKeys } from '../providers/client-keys.ts'
import { sealClientSecret, sealRegistration } from '../providers/store.ts'
import type { SecretBox } from '../vault/status.ts'
import { type ConnectionTarget, fitApp, fitConnection, fitProvider, type ExistingData } from './compatible.ts'
import type { BundleContent, BundledConnection, BundledProvider } from './content.ts'
import { type Chooser, createChooser } from './choices.ts'
import { contentWarnings, settingDifferences } from './report.ts'

export type ImportPlan = {
  providers: ProviderRecord[]
  connections: ConnectionRecord[]
  apps: AppRecord[]
  settings: SettingsPatch
  outcome: BundleImported
}

/** @throws KeywayError vault_locked, or invalid_request for missing or impossible choices */
export async function planImport(
  content: BundleContent,
  choices: BundleChoices,
  { localData, box, now }: { localData: ExistingData; box: SecretBox; now: number },
): Promise<ImportPlan> {
  const outcome: BundleImported = {
    added: { providers: 0, connections: 0, apps: 0, settings: 0 },
    skipped: { providers: 0, connections: 0, apps: 0 },
    renamed: [],
    notes: [],
    warnings: [],
  }
  const planning: Planning = {
    content,
    chooser: createChooser(choices, content),
    localData,
    box,
    now,
    outcome,
  }
  const { providers, providerTargets } = planProviders(planning)
  const { connections, connectionTargets } = await planConnections(planning, providerTargets)
  const apps = planApps(planning, { providerTargets, connectionTargets, keepKeys: new Set(choices.keepKeys) })
  const settings = choices.settings === 'take' ? settingsOf(planning) : {}
  const left = settingDifferences(localData.settings(), content.settings).filter(({ isTaken }) => !isTaken)
  if (choices.settings === 'take' && left.length > 0)
    outcome.notes.push(
      'The proxy and the trusted certificates of the file were left out: they stay as they are here.',
    )
  planning.chooser.check()
  const imported = new Set([...connectionTargets].flatMap(([from, { isNew }]) => (isNew ? [from] : [])))
  outcome.warnings = contentWarnings(content, localData).filter(
    ({ connectionId }) => connectionId !== null && imported.has(connectionId),
  )
  outcome.added = {
    providers: providers.length,
    connections: connections.length,
    apps: apps.length,
    settings: Object.keys(settings).length,
  }
  return { providers, connections, apps, settings, outcome }
}

function settingsOf({ content, localData }: Planning): SettingsPatch {
  const differences = settingDifferences(localData.settings(), content.settings)
  const names = new Set(differences.flatMap(({ name, isTaken }) => (isTaken ? [name] : [])))
  return Object.fromEntries(Object.entries(content.settings).filter(([name]) => names.has(name)))
}

/** Shared by the steps of the plan; `outcome` is filled as they run. */
export type Planning = {
  content: BundleContent
  chooser: Chooser
  localData: ExistingData
  box: SecretBox
  now: number
  outcome: BundleImported
}

/** The wanted id if neither the existing data nor the bundle uses it. */
function freeId(wanted: string, taken: ReadonlySet<string>, make: () => string): string {
  return taken.has(wanted) ? make() : wanted
}

type Places = {
  providerTargets: ProviderTargets
  connectionTargets: ConnectionTargets
  keepKeys: ReadonlySet<string>
}

/**
 * Imported apps get no rights by default: paused, without their key unless the person keeps it, and with
 * permissions only for what the bundle brought. Each is built from the fields named here, so that future
 * rights of apps are not imported by accident.
 */
function planApps(planning: Planning, places: Places): AppRecord[] {
  const { content, chooser, localData, now, outcome } = planning
  const existing = localData.apps()
  const ids = new Set(existing.map(({ id }) => id))
  const names = new Set(existing.map(({ name }) => name.toLowerCase()))
  const hashes = new Set(existing.flatMap(({ keys }) => keys.map(({ sha256 }) => sha256)))
  const apps: AppRecord[] = []
  for (const app of content.apps) {
    if (chooser.choose('apps', app, fitApp(app, existing)) === 'skip') {
      outcome.skipped.apps += 1
      continue
    }
    const id = freeId(app.id, ids, () => newId('app'))
    const name = freeName(app.name, names)
    // A key must belong to one app only; otherwise its caller would be ambiguous.
    const kept = places.keepKeys.has(app.id) ? app.keys.filter(({ sha256 }) => !hashes.has(sha256)) : []
    const grants = broughtGrants(app.grants, places).slice(0, MAX_GRANTS)
    ids.add(id)
    names.add(name.toLowerCase())
    for (const { sha256 } of kept) hashes.add(sha256)
    if (name !== app.name) outcome.renamed.push({ kind: 'app', from: app.name, to: name })
    outcome.notes.push(importedApp(name, app, { kept, grants, wanted: places.keepKeys.has(app.id) }))
    const { authProviders, origins, createdAt } = app
    const given = { id, name, grants, authProviders, origins, keys: kept, paused: true }
    apps.push(appRecord.parse({ ...given, createdAt, updatedAt: now, lastUsedAt: null }))
  }
  return apps
}

/** The maximum that an app can have. */
const MAX_GRANTS = 100

/** Reports what the app brought and what it lost. */
function importedApp(
  name: string,
  app: AppRecord,
  { kept, grants, wanted }: { kept: readonly unknown[]; grants: readonly Grant[]; wanted: boolean },
): string {
  const withoutKey = wanted ? 'without a key, which stays with the app that has it here' : 'without its key'
  const lost = [
    ...(app.manage ? ['may not manage providers'] : []),
    ...(app.approve ? ['may not answer for you'] : []),
    ...(isNarrowed(app.grants, grants) ? ['has permissions only for what the file brought'] : []),
  ]
  const how = kept.length === app.keys.length ? 'paused' : `paused and ${withoutKey}`
  return `"${name}" came ${how}${lost.length === 0 ? '' : `; it ${lost.join(', ')}`}. Look at it under Apps before you let it work.`
}

const isNarrowed = (before: readonly Grant[], after: readonly Grant[]): boolean =>
  after.length < before.length || before.some(({ target }) => target.kind === 'all')

/** Permissions for what this import adds. Existing connections were never granted to these apps. */
function broughtGrants(grants: readonly Grant[], { providerTargets, connectionTargets }: Places): Grant[] {
  const providerIds = [...providerTargets.values()].flatMap(({ providerId, isNew }) =>
    isNew ? [providerId] : [],
  )
  const connections = [...connectionTargets.values()].filter(({ isNew }) => isNew)
  const beside = connections.filter(({ providerId }) => !providerIds.includes(providerId))
  const everything: Grant['target'][] = [
    ...providerIds.map((providerId) => ({ kind: 'provider' as const, providerId })),
    ...beside.map(({ connectionId }) => ({ kind: 'connection' as const, connectionId })),
  ]
  return grants.flatMap((grant) => {
    const { target } = grant
    const targets =
      target.kind === 'all'
        ? everything
        : target.kind === 'provider'
          ? ofProvider(providerTargets.get(target.providerId), connections)
          : ofConnection(connectionTargets.get(target.connectionId))
    return targets.map((moved) => movedGrant(grant, moved))
  })
}

/** Field by field, so that future fields of permissions are not imported by accident. */
function movedGrant(
  { token, proxy, hosts, methods, paths, expiresAt, approval }: Grant,
  target: Grant['target'],
): Grant {
  return grantSchema.parse({ target, token, proxy, hosts, methods, paths, expiresAt, approval })
}

function ofProvider(
  home: { providerId: string; isNew: boolean } | undefined,
  connections: ReadonlyArray<{ connectionId: string; providerId: string }>,
): Grant['target'][] {
  if (home === undefined) return []
  if (home.isNew) return [{ kind: 'provider', providerId: home.providerId }]
  return connections
    .filter(({ providerId }) => providerId === home.providerId)
    .map(({ connectionId }) => ({ kind: 'connection', connectionId }))
}

function ofConnection(place: { connectionId: string; isNew: boolean } | undefined): Grant['target'][] {
  return place?.isNew === true ? [{ kind: 'connection', connectionId: place.connectionId }] : []
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted.slice(0, 90)} (${n})`
    if (!taken.has(name.toLowerCase())) return name
  }
}

/** The connection that a bundle's connection became: new or existing. Absent: none. */
export type ConnectionTargets = ReadonlyMap<
  string,
  { connectionId: string; providerId: string; isNew: boolean }
>

async function planConnections(
  planning: Planning,
  providerTargets: ProviderTargets,
): Promise<{ connections: ConnectionRecord[]; connectionTargets: ConnectionTargets }> {
  const { content, chooser, localData, outcome } = planning
  const existing = localData.connections()
  const ids = new Set(existing.map(({ id }) => id))
  const connectionTargets = new Map<string, { connectionId: string; providerId: string; isNew: boolean }>()
  const connections: ConnectionRecord[] = []
  const yielding = createYielder()
  for (const connection of content.connections) {
    await yielding()
    const home = providerTargets.get(connection.providerId)
    const fit = fitConnection(connection, targetOf(home), existing)
    const choice = chooser.choose('connections', { id: connection.id, name: connection.account }, fit)
    if (choice === 'skip' || home === undefined) {
      outcome.skipped.connections += 1
      const twin = fit.clash?.kind === 'here_already' ? fit.clash.withId : null
      if (twin !== null)
        connectionTargets.set(connection.id, {
          connectionId: twin,
          providerId: home?.providerId ?? '',
          isNew: false,
        })
      continue
    }
    const id = freeId(connection.id, ids, () => newId('con'))
    ids.add(id)
    connectionTargets.set(connection.id, { connectionId: id, providerId: home.providerId, isNew: true })
    const beside = [...existing, ...connections].filter(({ providerId }) => providerId === home.providerId)
    const account = freeLabel(beside, connection.account)
    if (account !== connection.account)
      outcome.renamed.push({ kind: 'connection', from: connection.account, to: account })
    // If there are other accounts already, it is never the default.
    const isDefault = connection.isDefault && home.isNew && !beside.some((other) => other.isDefault)
    connections.push(
      recordOf(connection, { id, providerId: home.providerId, account, isDefault }, planning.box),
    )
  }
  return { connections, connectionTargets }
}

function targetOf(home: { providerId: string; isNew: boolean } | undefined): ConnectionTarget {
  if (home === undefined) return { kind: 'none' }
  return home.isNew ? { kind: 'new' } : { kind: 'here', providerId: home.providerId }
}

function recordOf(
  connection: BundledConnection,
  place: Pick<ConnectionRecord, 'id' | 'providerId' | 'account' | 'isDefault'>,
  box: SecretBox,
): ConnectionRecord {
  const { tokens, previous, ...rest } = connection
  const of = { id: place.id, providerId: place.providerId, generation: rest.generation }
  return {
    ...rest,
    ...place,
    sealedTokens: sealTokenSet(box, of, tokens),
    sealedPrevious: previous === null ? null : sealTokenSet(box, of, previous, 'previous'),
  }
}

/** The provider that a bundle's provider became: its id and whether the import creates it. Absent: none. */
export type ProviderTargets = ReadonlyMap<string, { providerId: string; isNew: boolean }>

function planProviders(planning: Planning): {
  providers: ProviderRecord[]
  providerTargets: ProviderTargets
} {
  const { content, chooser, localData, outcome } = planning
  const providerTargets = new Map<string, { providerId: string; isNew: boolean }>()
  const ids = new Set(localData.providers().map(({ id }) => id))
  const slugs = new Set(localData.takenSlugs())
  const providers: ProviderRecord[] = []
  for (const provider of content.providers) {
    const fit = fitProvider(provider, localData)
    if (chooser.choose('providers', provider, fit) === 'skip') {
      outcome.skipped.providers += 1
      if (fit.counterpart !== null)
        providerTargets.set(provider.id, { providerId: fit.counterpart.id, isNew: false })
      continue
    }
    const id = freeId(provider.id, ids, () => newId('prv'))
    const slug = slugFor(provider, slugs, localData.presetSlugs)
    ids.add(id)
    slugs.add(slug)
    providerTargets.set(provider.id, { providerId: id, isNew: true })
    if (slug !== provider.slug) outcome.renamed.push({ kind: 'provider', from: provider.slug, to: slug })
    providers.push(providerRecordOf(provider, { id, slug }, planning))
  }
  return { providers, providerTargets }
}

function slugFor(
  { slug, preset }: BundledProvider,
  taken: ReadonlySet<string>,
  presetSlugs: readonly string[],
): string {
  if (slugAvailability(slug, { preset, presetSlugs, takenSlugs: taken }) === 'free') return slug
  // Underscores are reserved for presets; a second registration has hyphens.
  const base = slug.replaceAll('_', '-')
  return freeSlug(base, new Set([...taken, ...presetSlugs, base]))
}

function providerRecordOf(
  provider: BundledProvider,
  { id, slug }: { id: string; slug: string },
  { box, now }: Planning,
): ProviderRecord {
  const { clientSecret, registration, privateClientKeys, ...rest } = provider
  return {
    ...rest,
    id,
    slug,
    sealedClientSecret: sealClientSecret(box, id, clientSecret ?? '', null),
    sealedRegistration: sealRegistration(box, id, secretOrNull(registration)),
    ...sealClientKeys(box, id, secretOrNull(privateClientKeys)),
    updatedAt: now,
  }
}
