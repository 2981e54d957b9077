import { useState } from 'react'
import { toast } from 'sonner'
import type { PracticeSituation } from '../../../shared/contract/practice-provider.ts'
import type { UiInput } from '../../../shared/contract/ui-api.ts'
import { Badge } from '../../components/display/badge.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { Button } from '../../components/input/button.tsx'
import { Segmented } from '../../components/input/choices.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { Rows } from '../../components/layout/page.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'

const words = text.practice
type Kind = PracticeSituation['situation']
const kinds = Object.keys(words.situation) as Kind[]

export function Situations({ current }: { current: PracticeSituation | null }) {
  return (
    <Rows>
      {kinds.map((kind) => (
        <Situation key={kind} kind={kind} current={current?.situation === kind ? current : null} />
      ))}
    </Rows>
  )
}

/** The parameters of each situation. */
const firstSeconds: Partial<Record<Kind, number>> = { expiry_soon: 60, rotation: 60, slow_answers: 8 }

function Situation({ kind, current }: { kind: Kind; current: PracticeSituation | null }) {
  const behave = useCall('rehearsal.behave')
  const [seconds, setSeconds] = useState(String(firstSeconds[kind] ?? ''))
  const [how, setHow] = useState<'refused' | 'unavailable'>('refused')
  const { title, lead } = words.situation[kind]

  const apply = async (): Promise<void> => {
    const answer = await behave.run(inputOf(kind, { seconds: Number(seconds), how }))
    if (answer !== null) toast.success(words.done(title))
  }

  return (
    <form
      aria-label={title}
      noValidate
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        void apply()
      }}
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <p className="flex items-center gap-2 text-sm font-medium">
            {title}
            {current !== null && <Badge tone="accent">{words.now}</Badge>}
          </p>
          <p className="text-muted text-xs text-pretty">{lead}</p>
        </div>
        {firstSeconds[kind] !== undefined && (
          <TextInput
            aria-label={`${title}: ${words.seconds}`}
            inputMode="numeric"
            className="w-16! text-right tabular-nums"
            value={seconds}
            onChange={(event) => setSeconds(event.target.value)}
          />
        )}
        {kind === 'outage' && (
          <Segmented
            label={`${title}: ${words.how}`}
            value={how}
            onChange={setHow}
            segments={[
              { value: 'refused', label: words.hows.refused },
              { value: 'unavailable', label: words.hows.unavailable },
            ]}
          />
        )}
        <StopWaiting call={behave} size="sm" />
        <Button size="sm" type="submit" pending={behave.pending} aria-label={`${words.apply}: ${title}`}>
          {words.apply}
        </Button>
      </div>
      <Failure failure={behave.failure} />
    </form>
  )
}

type Told = { seconds: number; how: 'refused' | 'unavailable' }

function inputOf(kind: Kind, { seconds, how }: Told): UiInput<'rehearsal.behave'> {
  switch (kind) {
    case 'expiry_soon':
    case 'rotation':
    case 'slow_answers':
      return { situation: kind, seconds }
    case 'outage':
      return { situation: kind, how }
    default:
      return { situation: kind }
  }
}
