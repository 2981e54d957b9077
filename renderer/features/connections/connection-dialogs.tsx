import { useState, type ReactNode } from 'react'
import { ConnectionDialogContext, type ConnectionDialog } from './dialog-context.ts'
import { DisconnectDialog } from './disconnect-dialog.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import { ReportDialog } from './report-dialog.tsx'
import { ScopesDialog } from './scopes-dialog.tsx'
import { SnippetDialog } from './snippet-dialog.tsx'
import { TestCallDialog } from './test-call-dialog.tsx'

/** Holds the dialogs about connections above the screens, so that an answer stays readable after its screen is gone. */
export function ConnectionDialogs({ children }: { children: ReactNode }) {
  const [dialog, setDialog] = useState<ConnectionDialog | null>(null)
  return (
    <ConnectionDialogContext value={setDialog}>
      {children}
      {dialog !== null && (
        <Opened key={dialog.connection.id} dialog={dialog} onClose={() => setDialog(null)} />
      )}
    </ConnectionDialogContext>
  )
}

function Opened({ dialog, onClose }: { dialog: ConnectionDialog; onClose: () => void }) {
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
    case 'scopes':
      return <ScopesDialog {...props} />
    default:
      return <DisconnectDialog {...props} />
  }
}
