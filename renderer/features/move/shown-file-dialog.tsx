import { Download } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../components/button.tsx'
import { LongText } from '../../components/code-block.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { saveText } from '../../lib/save-text.ts'
import { text } from '../../lib/text.ts'

const words = text.move

type ShownFileDialogProps = {
  title: string
  lead: ReactNode
  file: { fileName: string; text: string }
  onClose: () => void
}

/** A file that is seen whole before it is saved: what stands here is all that is in it. */
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
