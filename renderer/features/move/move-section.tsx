import { Download } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { Diagnostics } from '../../../shared/contract/settings.ts'
import { CopyButton, LongText } from '../../components/display/copy.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { Button } from '../../components/input/button.tsx'
import { Rows, PageSection } from '../../components/layout/page.tsx'
import { saveText } from '../../lib/browser.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { ExportDialog } from './export-dialog.tsx'
import { ImportDialog } from './import-dialog.tsx'

const words = text.move

export function MoveSection() {
  const [open, setOpen] = useState<'export' | 'import' | null>(null)
  return (
    <PageSection title={words.title} hint={words.hint}>
      <Rows>
        <Action title={words.export} hint={words.exportHint} onPress={() => setOpen('export')} />
        <Action title={words.import} hint={words.importHint} onPress={() => setOpen('import')} />
      </Rows>
      {open === 'export' && <ExportDialog onClose={() => setOpen(null)} />}
      {open === 'import' && <ImportDialog onClose={() => setOpen(null)} />}
    </PageSection>
  )
}

export function DiagnosticsSection() {
  const [shown, setShown] = useState<Diagnostics | null>(null)
  const collect = useCall('diagnostics.collect')
  const run = async (): Promise<void> => {
    const answer = await collect.run(undefined)
    if (answer !== null) setShown(answer.value)
  }
  return (
    <PageSection title={words.diagnostics}>
      <div className="flex flex-col gap-3">
        <Rows>
          <Action
            title={words.collect}
            hint={words.diagnosticsHint}
            pending={collect.pending}
            onPress={() => void run()}
          />
        </Rows>
        <StopWaiting call={collect} />
        <Failure failure={collect.failure} />
      </div>
      {shown !== null && (
        <ShownFileDialog
          title={words.diagnosticsTitle}
          lead={shown.summary.join(' ')}
          file={shown}
          onClose={() => setShown(null)}
        />
      )}
    </PageSection>
  )
}

type ActionProps = { title: string; hint: string; pending?: boolean; onPress: () => void }

function Action({ title, hint, pending = false, onPress }: ActionProps) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <p className="text-muted min-w-0 flex-1 basis-56 text-sm text-pretty">{hint}</p>
      <Button pending={pending} onClick={onPress}>
        {title}
      </Button>
    </div>
  )
}

type ShownFileDialogProps = {
  title: string
  lead: ReactNode
  file: { fileName: string; text: string }
  onClose: () => void
}

/** A file that is shown in full before it is saved. */
export function ShownFileDialog({ title, lead, file, onClose }: ShownFileDialogProps) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={lead}
      width="lg"
      footer={
        <>
          <CopyButton value={file.text} label={text.connections.snippet.copy} />
          <Button look="primary" icon={<Download />} onClick={() => saveText(file.fileName, file.text)}>
            {words.saveDiagnostics}
          </Button>
        </>
      }
    >
      <LongText label={words.diagnosticsText} value={file.text} rows={18} />
    </Dialog>
  )
}
