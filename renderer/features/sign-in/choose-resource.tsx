import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { ChoiceCards } from '../../components/choice-cards.tsx'
import { Failure } from '../../components/failure.tsx'
import { StopWaiting } from '../../components/stop-waiting.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import type { FlowOf } from './flow-of.ts'

const words = text.signIn.resource

export function ChooseResource({ flow }: { flow: FlowOf<'choosing_resource'> }) {
  const [chosen, setChosen] = useState<string | null>(flow.options[0]?.id ?? null)
  const choose = useCall('flows.chooseResource')
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (chosen !== null) void choose.run({ id: flow.id, resourceId: chosen })
      }}
    >
      <div>
        <h2 className="text-ink text-lg font-semibold tracking-tight">{words.title}</h2>
        <p className="text-muted text-sm text-pretty">{words.lead}</p>
      </div>
      <ChoiceCards
        label={words.title}
        value={chosen}
        onChange={setChosen}
        choices={flow.options.map(({ id, label }) => ({ value: id, title: label }))}
      />
      <Failure failure={choose.failure} />
      <div className="flex gap-2">
        <StopWaiting call={choose} />
        <Button type="submit" look="primary" pending={choose.pending} disabled={chosen === null}>
          {words.choose}
        </Button>
      </div>
    </form>
  )
}
