import type { AppRecord, Grant } from '../../../shared/contract/app.ts'
import { newId } from '../ids.ts'
import { fitApp } from './fit-app.ts'
import { freeId, type Planning } from './planning.ts'
import type { Taken } from './plan-connections.ts'
import type { Homes } from './plan-providers.ts'

export function planApps(planning: Planning, places: { homes: Homes; taken: Taken }): AppRecord[] {
  const { content, chooser, here, outcome } = planning
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
    const keys = app.keys.filter(({ sha256 }) => !hashes.has(sha256))
    const grants = app.grants.flatMap((grant) => movedGrant(grant, places))
    ids.add(id)
    names.add(name.toLowerCase())
    for (const { sha256 } of keys) hashes.add(sha256)
    if (name !== app.name) outcome.renamed.push({ kind: 'app', from: app.name, to: name })
    if (keys.length < app.keys.length)
      outcome.notes.push(
        `"${name}" came without a key, which stays with the app that has it here: make a new one.`,
      )
    if (grants.length < app.grants.length)
      outcome.notes.push(`"${name}" lost what it may do with connections that were not imported.`)
    apps.push({ ...app, id, name, keys, grants })
  }
  return apps
}

function movedGrant(grant: Grant, { homes, taken }: { homes: Homes; taken: Taken }): Grant[] {
  const { target } = grant
  if (target.kind === 'all') return [grant]
  if (target.kind === 'provider') {
    const providerId = homes.get(target.providerId)?.providerId
    return providerId === undefined ? [] : [{ ...grant, target: { kind: 'provider', providerId } }]
  }
  const connectionId = taken.get(target.connectionId)?.connectionId
  return connectionId === undefined ? [] : [{ ...grant, target: { kind: 'connection', connectionId } }]
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted.slice(0, 90)} (${n})`
    if (!taken.has(name.toLowerCase())) return name
  }
}
