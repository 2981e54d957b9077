import { useState } from 'react'
import type { Flow } from '../../../shared/contract/flow.ts'
import { Failure } from '../../components/feedback/callout.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { Button } from '../../components/input/button.tsx'
import { ChoiceCards } from '../../components/input/choices.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useHost } from '../../stores/window-context.tsx'
import { toastFailure } from '../toasts.ts'
import type { FlowOf } from './use-start-sign-in.ts'

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

export function CancelSignIn({ flow }: { flow: Flow }) {
  const host = useHost()
  const cancel = async (): Promise<void> => {
    const answer = await host.call('flows.cancel', { id: flow.id })
    if (!answer.ok) toastFailure(answer.failure)
  }
  return (
    <Button look="ghost" size="sm" onClick={() => void cancel()}>
      {text.signIn.cancel}
    </Button>
  )
}
