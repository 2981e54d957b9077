import { useId, useState } from 'react'
import { toast } from 'sonner'
import { Button } from '../../components/input/button.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { useSnapshot } from '../../stores/window-context.tsx'

const words = text.vault.startOver

/** For a person who forgot the passphrase: what is lost, what stays, and a word to type as confirmation. */
export function StartOverDialog({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState('')
  // The screen is removed with the vault, before the result arrives.
  const startOver = useCall('vault.startOver', 'told')
  const formId = useId()
  const isTyped = typed.trim().toLowerCase() === words.word

  const submit = async (then: 'connections' | 'import'): Promise<void> => {
    if (!isTyped) return
    const done = await startOver.run({ typed })
    if (done === null) return
    navigate(then === 'import' ? { name: 'settings', section: 'data' } : { name: 'connections' })
    toast.success(words.done, { description: words.setAside(done.value.setAsidePath), duration: 20_000 })
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.title}
      description={words.lead}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button disabled={!isTyped} pending={startOver.pending} onClick={() => void submit('import')}>
            {words.thenImport}
          </Button>
          <Button look="danger" type="submit" form={formId} disabled={!isTyped} pending={startOver.pending}>
            {words.action}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4 text-sm"
        onSubmit={(event) => {
          event.preventDefault()
          // React lets an event bubble from here to the form of the lock screen, although the DOM does not.
          event.stopPropagation()
          void submit('connections')
        }}
      >
        <WhatHappens />
        <Field label={words.typeLabel}>
          {(ids) => <TextInput {...ids} value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        <Failure failure={startOver.failure} />
      </form>
    </Dialog>
  )
}

function WhatHappens() {
  const { connections, providers, apps, dataFolder } = useSnapshot()
  const secrets = providers.filter(({ hasClientSecret }) => hasClientSecret).length
  return (
    <>
      <Facts
        title={words.lostTitle}
        facts={[
          ...(connections.length > 0 ? [words.lostConnections(connections.length)] : []),
          ...(secrets > 0 ? [words.lostSecrets(secrets)] : []),
        ]}
      />
      <Facts
        title={words.keptTitle}
        facts={[
          ...(providers.length > 0 ? [words.keptProviders(providers.length)] : []),
          ...(apps.length > 0 ? [words.keptApps(apps.length)] : []),
          words.keptRest,
        ]}
      />
      <p className="text-muted text-pretty">{words.nothingDeleted(dataFolder ?? '')}</p>
      <p className="text-muted text-pretty">{words.export}</p>
    </>
  )
}

function Facts({ title, facts }: { title: string; facts: readonly string[] }) {
  if (facts.length === 0) return null
  return (
    <div>
      <h3 className="text-ink font-medium">{title}</h3>
      <ul className="text-muted mt-1 flex list-disc flex-col gap-0.5 pl-4">
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
    </div>
  )
}
