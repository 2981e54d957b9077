import { useState } from 'react'
import { Button } from '../../components/input/button.tsx'
import { ChoiceCards } from '../../components/input/choices.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import type { FlowOf } from './use-start-sign-in.ts'

const words = text.signIn.account
type Answer = 'replace' | 'add' | 'discard'

/** Nothing is preselected, because Enter must not answer this question by accident. */
export function ConfirmAccount({ flow }: { flow: FlowOf<'confirming_account'> }) {
  const [answer, setAnswer] = useState<Answer | null>(null)
  const confirm = useCall('flows.confirmAccount')
  const asked = flow.about === 'rounded_id' ? words.rounded : words
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (answer !== null) void confirm.run({ id: flow.id, answer })
      }}
    >
      <div>
        <h2 className="text-ink text-lg font-semibold tracking-tight">{asked.title}</h2>
        <p className="text-muted text-sm text-pretty">{asked.lead(flow.was, flow.is)}</p>
      </div>
      <ChoiceCards
        label={asked.title}
        value={answer}
        onChange={setAnswer}
        choices={[
          { value: 'add', title: asked.add, description: asked.addHint(flow.is) },
          { value: 'replace', title: asked.replace, description: asked.replaceHint(flow.is) },
          { value: 'discard', title: words.discard, description: words.discardHint },
        ]}
      />
      <Failure failure={confirm.failure} />
      <div className="flex gap-2">
        <StopWaiting call={confirm} />
        <Button type="submit" look="primary" pending={confirm.pending} disabled={answer === null}>
          {words.confirm}
        </Button>
      </div>
    </form>
  )
}
