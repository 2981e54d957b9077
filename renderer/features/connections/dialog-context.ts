import { createContext, useContext } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'

/**
 * The open dialog about a connection. It keeps its own copy, because the connection may be deleted meanwhile.
 */
export type ConnectionDialog = {
  kind: 'snippet' | 'test' | 'rename' | 'scopes' | 'report' | 'ways' | 'disconnect'
  connection: ConnectionView
}

export const ConnectionDialogContext = createContext<(dialog: ConnectionDialog) => void>(() => undefined)

export function useConnectionDialogs(): (dialog: ConnectionDialog) => void {
  return useContext(ConnectionDialogContext)
}
