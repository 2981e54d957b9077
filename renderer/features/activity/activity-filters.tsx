import { isolated } from '../../../shared/contract/name.ts'
import { activityKind, activityOutcome } from '../../../shared/contract/activity.ts'
import { Button } from '../../components/button.tsx'
import { TextInput } from '../../components/inputs.tsx'
import { Select, type SelectOption } from '../../components/select.tsx'
import type { ActivityFilter } from '../../lib/route.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { replaceRoute } from '../../stores/use-route.ts'
import { useSnapshot } from '../../stores/window-context.tsx'

const words = text.activity

/** The filters stand in the address, so that a reload and a link keep them. */
export function ActivityFilters({ filter }: { filter: ActivityFilter }) {
  const { apps, connections } = useSnapshot()
  const choose = (key: keyof ActivityFilter, options: SelectOption[], all: string) => (
    <Select
      aria-label={words.filter[key === 'appId' ? 'app' : key === 'connectionId' ? 'connection' : key]}
      className="min-w-36 flex-1"
      value={filter[key] ?? ''}
      onChange={(event) =>
        replaceRoute({ name: 'activity', filter: { ...filter, [key]: event.target.value } })
      }
      options={[{ value: '', label: all }, ...options]}
    />
  )
  return (
    <div role="search" aria-label={words.filters} className="mb-4 flex flex-wrap gap-2">
      {choose(
        'appId',
        apps.map(({ id, name }) => ({ value: id, label: isolated(name) })),
        words.all.app,
      )}
      {choose(
        'connectionId',
        connections.map((each) => ({ value: each.id, label: connectionName(each) })),
        words.all.connection,
      )}
      {choose(
        'outcome',
        activityOutcome.options.map((value) => ({ value, label: words.outcomes[value] })),
        words.all.outcome,
      )}
      {choose(
        'kind',
        activityKind.options.map((value) => ({ value, label: words.kinds[value] })),
        words.all.kind,
      )}
      <TextInput
        type="date"
        aria-label={words.filter.day}
        className="min-w-36 flex-1"
        value={filter.day ?? ''}
        onChange={(event) =>
          replaceRoute({ name: 'activity', filter: { ...filter, day: event.target.value } })
        }
      />
      {Object.keys(filter).length > 0 && (
        <Button look="ghost" onClick={() => replaceRoute({ name: 'activity', filter: {} })}>
          {words.clear}
        </Button>
      )}
    </div>
  )
}
