import { appRecord, grant as grantSchema, type AppRecord, type Grant } from '../../../shared/contract/app.ts'
import { newId } from '../ids.ts'
import { fitApp } from './fit-app.ts'
import { freeId, type Planning } from './planning.ts'
import type { Taken } from './plan-connections.ts'
import type { Homes } from './plan-providers.ts'

type Places = { homes: Homes; taken: Taken; keepKeys: ReadonlySet<string> }

/**
 * Apps arrive without power: paused, without their key unless the person keeps it, and with permissions for nothing but what the bundle
 * brought. Each is put together from the fields that are named here, so that a right which apps have one day stays out as well.
 */
export function planApps(planning: Planning, places: Places): AppRecord[] {
  const { content, chooser, here, now, outcome } = planning
  const existing = here.apps()
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
    // One key opens one door: were it at two apps, nobody could say which of them a caller is.
    const kept = places.keepKeys.has(app.id) ? app.keys.filter(({ sha256 }) => !hashes.has(sha256)) : []
    const grants = broughtGrants(app.grants, places).slice(0, MOST_GRANTS)
    ids.add(id)
    names.add(name.toLowerCase())
    for (const { sha256 } of kept) hashes.add(sha256)
    if (name !== app.name) outcome.renamed.push({ kind: 'app', from: app.name, to: name })
    outcome.notes.push(arrival(name, app, { kept, grants, wanted: places.keepKeys.has(app.id) }))
    const { authProviders, origins, createdAt } = app
    const given = { id, name, grants, authProviders, origins, keys: kept, paused: true }
    apps.push(appRecord.parse({ ...given, createdAt, updatedAt: now, lastUsedAt: null }))
  }
  return apps
}

/** As many as an app can have. */
const MOST_GRANTS = 100

/** A sentence about what the app came with and what it lost. */
function arrival(
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

/** Permissions for what this import adds; what is here already was given to other apps, not to these. */
function broughtGrants(grants: readonly Grant[], { homes, taken }: Places): Grant[] {
  const providerIds = [...homes.values()].flatMap(({ providerId, isNew }) => (isNew ? [providerId] : []))
  const connections = [...taken.values()].filter(({ isNew }) => isNew)
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
          ? ofProvider(homes.get(target.providerId), connections)
          : ofConnection(taken.get(target.connectionId))
    return targets.map((moved) => movedGrant(grant, moved))
  })
}

/** Field by field: a permission that grants know one day stays out until somebody has thought about it here. */
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
