import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { OtherWaysDialog } from '../sign-in/other-ways-dialog.tsx'

export function WaysDialog({ connection, onClose }: { connection: ConnectionView; onClose: () => void }) {
  const { providers } = useSnapshot()
  const provider = providers.find(({ id }) => id === connection.providerId)
  if (provider === undefined) return null
  return <OtherWaysDialog provider={provider} connection={connection} onClose={onClose} />
}
