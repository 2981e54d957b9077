import { useState } from 'react'
import type { BundleImported, BundleReport } from '../../../shared/contract/bundle.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { Field } from '../../components/field.tsx'
import { FileButton } from '../../components/file-button.tsx'
import { SecretInput } from '../../components/inputs.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { ChooseImport } from './choose-import.tsx'
import { ImportDone } from './import-done.tsx'

const words = text.move

/** What stands between the steps; the passphrase lives only here and goes with the dialog. */
export type OpenedBundle = { content: string; passphrase: string }
type Step =
  | { kind: 'asking' }
  | { kind: 'choosing'; bundle: OpenedBundle; report: BundleReport }
  | { kind: 'done'; result: BundleImported }

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [step, setStep] = useState<Step>({ kind: 'asking' })
  switch (step.kind) {
    case 'asking':
      return (
        <AskForBundle
          onClose={onClose}
          onOpened={(bundle, report) => setStep({ kind: 'choosing', bundle, report })}
        />
      )
    case 'choosing':
      return (
        <ChooseImport
          bundle={step.bundle}
          report={step.report}
          onBack={() => setStep({ kind: 'asking' })}
          onClose={onClose}
          onDone={(result) => setStep({ kind: 'done', result })}
        />
      )
    default:
      return <ImportDone result={step.result} onClose={onClose} />
  }
}

type BundleFile = { name: string; content: string }
type AskProps = { onClose: () => void; onOpened: (bundle: OpenedBundle, report: BundleReport) => void }

function AskForBundle({ onClose, onOpened }: AskProps) {
  const [file, setFile] = useState<BundleFile | null>(null)
  const [passphrase, setPassphrase] = useState('')
  const [submitted, setSubmitted] = useState(false)
  const inspect = useCall('bundle.inspect')

  const submit = async (): Promise<void> => {
    setSubmitted(true)
    if (file === null) return
    const bundle = { content: file.content, passphrase }
    const answer = await inspect.run(bundle)
    if (answer !== null) onOpened(bundle, answer.value)
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.importTitle}
      description={words.importLead}
      footer={
        <>
          <Button onClick={inspect.slow ? inspect.leave : onClose}>
            {inspect.slow ? text.common.stopWaiting : text.common.cancel}
          </Button>
          <Button look="primary" type="submit" form="inspect-bundle" pending={inspect.pending}>
            {words.inspect}
          </Button>
        </>
      }
    >
      <form
        id="inspect-bundle"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <BundleFileChoice file={file} missing={file === null && submitted} onChoose={setFile} />
        <Field label={words.passphrase} required>
          {(ids) => (
            <SecretInput
              {...ids}
              value={passphrase}
              onChange={(event) => setPassphrase(event.target.value)}
            />
          )}
        </Field>
        <Failure failure={inspect.failure} />
      </form>
    </Dialog>
  )
}

type BundleFileChoiceProps = {
  file: BundleFile | null
  missing: boolean
  onChoose: (file: BundleFile) => void
}

function BundleFileChoice({ file, missing, onChoose }: BundleFileChoiceProps) {
  return (
    <div className="flex flex-wrap items-center gap-3">
      <FileButton
        label={words.chooseFile}
        onChoose={(chosen) => {
          void chosen.text().then((content) => onChoose({ name: chosen.name, content }))
        }}
      />
      <p role="status" className={`min-w-0 text-sm break-all ${missing ? 'text-bad' : 'text-muted'}`}>
        {file === null ? (missing ? words.fileMissing : '') : words.fileChosen(file.name)}
      </p>
    </div>
  )
}
