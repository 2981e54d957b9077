import { useRef, useState, type ReactNode, type SyntheticEvent } from 'react'
import { toast } from 'sonner'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { Field } from '../../components/field.tsx'
import { SecretInput } from '../../components/inputs.tsx'
import { StopWaiting } from '../../components/stop-waiting.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { NewPassphrase, emptyPassphrase, passphraseProblem } from '../vault/new-passphrase.tsx'

const words = text.settings.vault

export function ChangePassphrase({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState('')
  const [typed, setTyped] = useState(emptyPassphrase)
  const [submitted, setSubmitted] = useState(false)
  const change = useCall('vault.changePassphrase')
  const problem = passphraseProblem(typed)
  const field = useRef<HTMLInputElement>(null)
  const isWrong = change.failure?.code === 'wrong_passphrase'

  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    setSubmitted(true)
    if (problem !== null || current === '') return
    if ((await change.run({ current, next: typed.first })) === null) return typeAgain(field.current)
    toast.success(words.passphraseChanged)
    onClose()
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.changePassphrase}
      footer={
        <Footer pending={change.pending} onClose={onClose}>
          <StopWaiting call={change} />
        </Footer>
      }
    >
      <form
        id="change-passphrase"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => void submit(event)}
      >
        <Field
          label={words.currentPassphrase}
          error={isWrong ? text.vault.wrong : undefined}
          required
          announced
        >
          {(ids) => (
            <SecretInput
              {...ids}
              autoComplete="current-password"
              value={current}
              ref={field}
              onChange={(event) => {
                setCurrent(event.target.value)
                if (change.failure !== null) change.forget()
              }}
            />
          )}
        </Field>
        <NewPassphrase value={typed} onChange={setTyped} problem={submitted ? problem : null} />
        <Failure failure={isWrong ? null : change.failure} />
      </form>
    </Dialog>
  )
}

function typeAgain(field: HTMLInputElement | null): void {
  field?.focus()
  field?.select()
}

type FooterProps = { pending: boolean; onClose: () => void; children: ReactNode }

function Footer({ pending, onClose, children }: FooterProps) {
  return (
    <>
      <Button onClick={onClose}>{text.common.cancel}</Button>
      {children}
      <Button look="primary" type="submit" form="change-passphrase" pending={pending}>
        {text.common.save}
      </Button>
    </>
  )
}
