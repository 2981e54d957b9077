import { Suspense, useState, type ReactNode } from 'react'
import { LazyOpenedDialog } from '../shell/lazy-screens.ts'
import { ConnectionDialogContext, type ConnectionDialog } from './dialog-context.ts'

/**
 * Renders the dialogs about connections above the screens, so that a result stays readable after its screen
 * is gone.
 */
export function ConnectionDialogs({ children }: { children: ReactNode }) {
  const [dialog, setDialog] = useState<ConnectionDialog | null>(null)
  return (
    <ConnectionDialogContext value={setDialog}>
      {children}
      {dialog !== null && (
        <Suspense fallback={null}>
          <LazyOpenedDialog key={dialog.connection.id} dialog={dialog} onClose={() => setDialog(null)} />
        </Suspense>
      )}
    </ConnectionDialogContext>
  )
}
