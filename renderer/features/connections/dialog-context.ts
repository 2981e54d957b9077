import { createContext, useContext } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'

/**
 * The dialog about a connection that is open; it keeps its own copy, since the connection may vanish under
 * it.
 */
export type ConnectionDialog = {
  kind: 'snippet' | 'test' | 'rename' | 'scopes' | 'report' | 'ways' | 'disconnect'
  connection: ConnectionView
}

export const ConnectionDialogContext = createContext<(dialog: ConnectionDialog) => void>(() => undefined)

export function useConnectionDialogs(): (dialog: ConnectionDialog) => void {
  return useContext(ConnectionDialogContext)
}
