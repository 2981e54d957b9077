import { Download } from 'lucide-react'
import { useState } from 'react'
import type { BundleExport } from '../../../shared/contract/transfer.ts'
import { Button } from '../../components/input/button.tsx'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { saveText } from '../../lib/browser.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { NewPassphrase, emptyPassphrase, passphraseProblem } from '../vault/new-passphrase.tsx'
import { BundleWarnings } from './bundle-warnings.tsx'

const words = text.move

export function ExportDialog({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState(emptyPassphrase)
  const [submitted, setSubmitted] = useState(false)
  const [made, setMade] = useState<BundleExport | null>(null)
  const call = useCall('bundle.export')
  const problem = passphraseProblem(typed)

  const submit = async (): Promise<void> => {
    setSubmitted(true)
    if (problem !== null) return
    const answer = await call.run({ passphrase: typed.first })
    if (answer !== null) setMade(answer.value)
  }

  if (made !== null) return <Ready made={made} onClose={onClose} />
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.exportTitle}
      description={words.exportLead}
      footer={
        <>
          {call.slow ? (
            <Button onClick={call.leave}>{text.common.stopWaiting}</Button>
          ) : (
            <Button onClick={onClose}>{text.common.cancel}</Button>
          )}
          <Button look="primary" type="submit" form="export-bundle" pending={call.pending}>
            {words.exportAction}
          </Button>
        </>
      }
    >
      <form
        id="export-bundle"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <NewPassphrase value={typed} onChange={setTyped} problem={submitted ? problem : null} />
        <Failure failure={call.failure} />
      </form>
    </Dialog>
  )
}

function Ready({ made, onClose }: { made: BundleExport; onClose: () => void }) {
  const { providers, connections, apps } = made.counts
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.exported}
      footer={
        <>
          <Button onClick={onClose}>{text.common.done}</Button>
          <Button look="primary" icon={<Download />} onClick={() => saveText(made.fileName, made.content)}>
            {words.saveFile}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Callout tone="ok" title={words.holds(providers, connections, apps)} live="polite" />
        <BundleWarnings warnings={made.warnings} />
      </div>
    </Dialog>
  )
}
