import { useEffect, useState } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { SupportReport } from '../../../shared/contract/settings.ts'
import { Failure } from '../../components/feedback/callout.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { Skeleton } from '../../components/feedback/spinner.tsx'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { ShownFileDialog } from '../move/move-section.tsx'
import { OtherWaysDialog } from '../sign-in/other-ways-dialog.tsx'
import type { ConnectionDialog } from './dialog-context.ts'
import { DisconnectDialog } from './disconnect-dialog.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import { ScopesDialog } from './scopes-dialog.tsx'
import { SnippetDialog } from './snippet-dialog.tsx'
import { TestCallDialog } from './test-call-dialog.tsx'

/** The dialog that is open, whichever it is. */
export function OpenedDialog({ dialog, onClose }: { dialog: ConnectionDialog; onClose: () => void }) {
  const props = { connection: dialog.connection, onClose }
  switch (dialog.kind) {
    case 'snippet':
      return <SnippetDialog {...props} />
    case 'test':
      return <TestCallDialog {...props} />
    case 'rename':
      return <RenameDialog {...props} />
    case 'report':
      return <ReportDialog {...props} />
    case 'ways':
      return <WaysDialog {...props} />
    case 'scopes':
      return <ScopesDialog {...props} />
    default:
      return <DisconnectDialog {...props} />
  }
}

const words = text.move

function ReportDialog({ connection, onClose }: { connection: ConnectionView; onClose: () => void }) {
  const [report, setReport] = useState<SupportReport | null>(null)
  const { run, failure } = useCall('connections.report')
  useEffect(() => {
    void run({ id: connection.id }).then((answer) => {
      if (answer !== null) setReport(answer.value)
    })
  }, [run, connection.id])
  const lead = words.reportLead(connectionName(connection))
  if (report !== null) {
    return <ShownFileDialog title={words.reportTitle} lead={lead} file={report} onClose={onClose} />
  }
  return (
    <Dialog open onClose={onClose} title={words.reportTitle} description={lead} width="lg">
      <Failure failure={failure} />
      {failure === null && <Skeleton className="h-80" />}
    </Dialog>
  )
}

function WaysDialog({ connection, onClose }: { connection: ConnectionView; onClose: () => void }) {
  const { providers } = useSnapshot()
  const provider = providers.find(({ id }) => id === connection.providerId)
  if (provider === undefined) return null
  return <OtherWaysDialog provider={provider} connection={connection} onClose={onClose} />
}
