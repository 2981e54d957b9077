import { useState } from 'react'
import { toast } from 'sonner'
import type { ProtectorView } from '../../../shared/contract/ui-api.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { StopWaiting } from '../../components/stop-waiting.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { NewPassphrase, emptyPassphrase, passphraseProblem } from '../vault/new-passphrase.tsx'

const words = text.settings.vault

export function MoveProtector({ protector, onClose }: { protector: ProtectorView; onClose: () => void }) {
  const [typed, setTyped] = useState(emptyPassphrase)
  const [submitted, setSubmitted] = useState(false)
  const migrate = useCall('vault.migrate')
  const asksPassphrase = protector.kind === 'passphrase'
  const problem = asksPassphrase ? passphraseProblem(typed) : null

  const submit = async (): Promise<void> => {
    setSubmitted(true)
    if (problem !== null) return
    const moved = await migrate.run({
      protector: protector.kind,
      ...(asksPassphrase ? { passphrase: typed.first } : {}),
    })
    if (moved === null) return
    toast.success(words.moved)
    onClose()
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.moveTitle(protector.label)}
      description={words.moveLead}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <StopWaiting call={migrate} />
          <Button look="primary" type="submit" form="move-protector" pending={migrate.pending}>
            {words.move}
          </Button>
        </>
      }
    >
      <form
        id="move-protector"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {asksPassphrase && (
          <NewPassphrase value={typed} onChange={setTyped} problem={submitted ? problem : null} />
        )}
        <Failure failure={migrate.failure} />
      </form>
    </Dialog>
  )
}
