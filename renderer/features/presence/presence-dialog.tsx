import { useEffect, useId, useState } from 'react'
import type { PresenceView } from '../../../shared/contract/presence.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { Field } from '../../components/field.tsx'
import { SecretInput, TextInput } from '../../components/inputs.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { usePresenceGate } from '../../stores/window-context.tsx'

const words = text.presence

/** Over whatever was being done: that goes on by itself when it is proved. */
export function PresenceDialog() {
  const { asking, settle } = usePresenceGate()
  return asking ? <Asking onSettled={settle} /> : null
}

function Asking({ onSettled }: { onSettled: (how: 'proved' | 'left') => void }) {
  const [view, setView] = useState<PresenceView | null>(null)
  const [typed, setTyped] = useState('')
  const { run: look, failure: notSeen } = useCall('presence.state')
  const show = useCall('presence.showCode')
  const prove = useCall('presence.prove')
  const formId = useId()
  const method = view?.methods[0] ?? null
  const { run: showCode } = show

  useEffect(() => {
    void look(undefined).then(async (answer) => {
      if (answer === null) return
      setView(answer.value)
      if (answer.value.methods[0] !== 'code') return
      const shown = await showCode(undefined)
      if (shown !== null) setView(shown.value)
    })
  }, [look, showCode])

  const submit = async (): Promise<void> => {
    const proof = method === 'code' ? { code: typed } : { passphrase: typed }
    if ((await prove.run(proof)) !== null) onSettled('proved')
  }
  const failure = prove.failure ?? show.failure ?? notSeen
  return (
    <Dialog
      open
      onClose={() => onSettled('left')}
      title={words.title}
      description={words.lead}
      footer={
        <>
          <Button onClick={() => onSettled('left')}>{text.common.cancel}</Button>
          {method !== null && (
            <Button
              look="primary"
              type="submit"
              form={formId}
              pending={prove.pending}
              disabled={typed.trim() === ''}
            >
              {words.prove}
            </Button>
          )}
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          // The form lies in a portal; React would pass the event on to the form that the call came from.
          event.stopPropagation()
          if (typed.trim() !== '') void submit()
        }}
      >
        {method === 'passphrase' && (
          <Field label={text.vault.passphrase} required error={fieldError(prove.failure)}>
            {(ids) => (
              <SecretInput
                {...ids}
                autoFocus
                autoComplete="current-password"
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        )}
        {method === 'code' && view !== null && (
          <Field
            label={words.code}
            hint={words.codeAppears(view.codeAppears)}
            required
            error={fieldError(prove.failure)}
          >
            {(ids) => (
              <TextInput
                {...ids}
                mono
                autoFocus
                placeholder="XXXX-XXXX"
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        )}
        {method === 'code' && prove.failure?.code === 'wrong_code' && (
          <div>
            <Button size="sm" pending={show.pending} onClick={() => void show.run(undefined)}>
              {words.newCode}
            </Button>
          </div>
        )}
        {view !== null && method === null && <p className="text-sm text-pretty">{words.noMethod}</p>}
        <Failure failure={fieldError(failure) === undefined ? failure : null} />
      </form>
    </Dialog>
  )
}

/** What is wrong with what was typed stands at the field. */
function fieldError(failure: ReturnType<typeof useCall>['failure']): string | undefined {
  if (failure?.code === 'wrong_passphrase') return words.wrongPassphrase
  return failure?.code === 'wrong_code' ? failure.message : undefined
}
