import type { AppView, Grant } from '../../../shared/contract/app.ts'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import type { SelectOption } from '../../components/input/choices.tsx'
import { clock } from '../../lib/format.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'

const words = text.apps.sentence
type Known = Pick<Snapshot, 'connections' | 'providers'>

/** What a permission allows, as one sentence. */
export function grantSentence(grant: Grant, known: Known, now = Date.now()): string {
  const may = grant.token && grant.proxy ? 'both' : grant.token ? 'token' : grant.proxy ? 'proxy' : 'none'
  const limits = [
    grant.methods.length > 0 && words.methods(grant.methods.join(', ')),
    grant.hosts.length > 0 && words.hosts(grant.hosts.join(', ')),
    grant.paths.length > 0 && words.paths(grant.paths.join(', ')),
    grant.expiresAt !== null &&
      (grant.expiresAt > now
        ? words.until(clock(grant.expiresAt, now))
        : words.ended(clock(grant.expiresAt, now))),
    grant.approval === 'ask' && words.ask,
  ].filter((limit) => limit !== false)
  const sentence = [`${words.may[may]} ${targetWords(grant, known)}`, ...limits].join(', ')
  return `${sentence}.`
}

function targetWords({ target }: Grant, { connections, providers }: Known): string {
  switch (target.kind) {
    case 'all':
      return words.all
    case 'provider': {
      const provider = providers.find(({ id }) => id === target.providerId)
      return provider === undefined ? words.goneTarget : words.provider(provider.name)
    }
    default: {
      const connection = connections.find(({ id }) => id === target.connectionId)
      return connection === undefined ? words.goneTarget : words.connection(connectionName(connection))
    }
  }
}

/** Nothing is selected yet: no connection has this id, and validation refuses it. */
export const NO_TARGET: Grant['target'] = { kind: 'connection', connectionId: '' }
export const isNoTarget = (target: Grant['target']): boolean => targetValue(target) === ''

/** Converts a permission's target to the value of a choice, and back. */
export function targetValue(target: Grant['target']): string {
  switch (target.kind) {
    case 'all':
      return 'all'
    case 'provider':
      return `provider:${target.providerId}`
    default:
      return target.connectionId === '' ? '' : `connection:${target.connectionId}`
  }
}

export function targetOf(value: string): Grant['target'] {
  if (value.startsWith('provider:')) return { kind: 'provider', providerId: value.slice('provider:'.length) }
  if (value.startsWith('connection:'))
    return { kind: 'connection', connectionId: value.slice('connection:'.length) }
  return value === 'all' ? { kind: 'all' } : NO_TARGET
}

/**
 * All possible targets. A deleted target stays selectable, so that the permission is not widened without
 * notice.
 */
export function targetOptions(
  { connections, providers }: Pick<Snapshot, 'connections' | 'providers'>,
  present: Grant['target'],
): SelectOption[] {
  const value = targetValue(present)
  // The narrowest first, because the first one is selected most often.
  const options = [
    ...(value === '' ? [{ value, label: text.apps.fields.targetChoose }] : []),
    ...connections.map((each) => ({ value: `connection:${each.id}`, label: connectionName(each) })),
    ...providers.map(({ id, name }) => ({
      value: `provider:${id}`,
      label: text.apps.fields.targetProvider(name),
    })),
    { value: 'all', label: text.apps.fields.targetAll },
  ]
  if (options.some((option) => option.value === value)) return options
  return [...options, { value, label: text.apps.sentence.goneTarget }]
}

/** Whether the permission's target includes that connection. What it allows is decided by the core. */
export function reaches(grant: Grant, connection: Pick<ConnectionView, 'id' | 'providerId'>): boolean {
  switch (grant.target.kind) {
    case 'all':
      return true
    case 'provider':
      return grant.target.providerId === connection.providerId
    default:
      return grant.target.connectionId === connection.id
  }
}

/** The apps with a permission for the connection. */
export function appsOf(
  connection: Pick<ConnectionView, 'id' | 'providerId'>,
  apps: readonly AppView[],
): AppView[] {
  return apps.filter(({ grants }) => grants.some((grant) => reaches(grant, connection)))
}
