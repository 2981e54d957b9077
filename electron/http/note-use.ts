import type { AppSession, Keyway } from '../core/keyway.ts'

/** Last use, of the connection and of the app. */
export function noteUse({ tokens, apps }: Keyway, { app }: AppSession, connectionId: string): void {
  tokens.noteUse(connectionId, app.name)
  apps.noteUse(app.id)
}
