import type { ConnectionDialog } from './dialog-context.ts'
import { DisconnectDialog } from './disconnect-dialog.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import { ReportDialog } from './report-dialog.tsx'
import { ScopesDialog } from './scopes-dialog.tsx'
import { SnippetDialog } from './snippet-dialog.tsx'
import { TestCallDialog } from './test-call-dialog.tsx'
import { WaysDialog } from './ways-dialog.tsx'

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
