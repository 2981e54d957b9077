import type { Grant } from '../../../shared/contract/app.ts'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import type { SelectOption } from '../../components/select.tsx'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'

/** Nothing is chosen yet: no connection has this id, and the form does not let it pass. */
export const NO_TARGET: Grant['target'] = { kind: 'connection', connectionId: '' }
export const isNoTarget = (target: Grant['target']): boolean => targetValue(target) === ''

/** A grant's target as the value of a choice, and back. */
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

/** Everything that a grant can be for; a target that is gone stays selectable, so that it is not silently widened. */
export function targetOptions(
  { connections, providers }: Pick<Snapshot, 'connections' | 'providers'>,
  present: Grant['target'],
): SelectOption[] {
  const value = targetValue(present)
  // The narrowest first: what stands at the top is taken most.
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
