import { useState } from 'react'
import type { ConnectDraft } from '../../../shared/contract/flow.ts'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { Button } from '../../components/button.tsx'
import { ChoiceCards } from '../../components/choice-cards.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { StopWaiting } from '../../components/stop-waiting.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost } from '../../stores/window-context.tsx'
import { OtherWayFields } from './other-way-fields.tsx'
import { draftOf, freshWay, ways, wayProblem, type TypedWay, type Way } from './other-ways.ts'

const words = text.signIn.ways

type OtherWaysProps = {
  provider: ProviderView
  /** The connection that is renewed; null: a new one. */
  connection: { id: string; account: string } | null
  onClose: () => void
}

/** Every way to connect, whatever the provider's own one is: with a code, without a person, or with a token that one has already. */
export function OtherWaysDialog({ provider, connection, onClose }: OtherWaysProps) {
  const [typed, setTyped] = useState<TypedWay>(() => freshWay(provider.flow))
  const [submitted, setSubmitted] = useState(false)
  const { call, refused, start } = useConnect(onClose)
  const problem = wayProblem(typed)

  const submit = (): void => {
    setSubmitted(true)
    if (problem === null) void start(draftOf(typed, provider.id, connection?.id ?? null))
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={connection === null ? words.title(provider.name) : words.again(connection.account)}
      description={words.lead}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <StopWaiting call={call} />
          <Button look="primary" type="submit" form="other-ways" pending={call.pending}>
            {words.start}
          </Button>
        </>
      }
    >
      <form
        id="other-ways"
        noValidate
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <ChoiceCards<Way>
          label={words.way}
          value={typed.way}
          onChange={(way) => setTyped({ ...typed, way })}
          choices={ways.map((value) => ({
            value,
            title: words.ways[value].title,
            description: words.ways[value].description,
          }))}
        />
        <OtherWayFields
          typed={typed}
          withName={connection === null}
          problem={submitted ? problem : null}
          onChange={(change) => setTyped({ ...typed, ...change })}
        />
        <Failure failure={call.failure ?? refused} />
      </form>
    </Dialog>
  )
}

/** What ends at once with a refusal is told in the dialog, where the token still stands; everything else goes on where one sees it run. */
function useConnect(onStarted: () => void) {
  const host = useHost()
  const call = useCall('connections.connect')
  const [refused, setRefused] = useState<ErrorBody | null>(null)
  const start = async (draft: ConnectDraft): Promise<void> => {
    setRefused(null)
    const answer = await call.run(draft)
    if (answer === null) return
    if (answer.value.kind === 'failed') {
      setRefused(answer.value.failure)
      await host.call('flows.dismiss', { id: answer.value.id })
      return
    }
    onStarted()
    navigate({ name: 'sign-in', flowId: answer.value.id })
  }
  return { call, refused, start }
}
