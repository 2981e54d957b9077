// Records which token was served to which app, and remembers each app's last one.
import type { ServedToken } from '../../core/connections/tokens/types.ts'
import type { AppSession, Keyway } from '../../core/keyway.ts'

export type TokenUsageLog = {
  note(session: AppSession, token: ServedToken, durationMs: number): void
  /**
   * The generation of the token that the app was handed last for this connection; null when it had none since
   * the start.
   */
  lastGeneration(session: AppSession, connectionId: string): number | null
}

export function createTokenUsageLog(keyway: Keyway): TokenUsageLog {
  const generations = new Map<string, Map<string, number>>()
  return {
    note(session, token, durationMs) {
      const { app } = session
      const { connectionId, generation } = token
      const ofApp = generations.get(app.id)
      if (ofApp === undefined) generations.set(app.id, new Map([[connectionId, generation]]))
      else if (ofApp.get(connectionId) !== generation) ofApp.set(connectionId, generation)
      noteUse(keyway, session, token.connectionId)
      keyway.activity.append({
        kind: 'vend',
        outcome: 'ok',
        appId: app.id,
        appName: app.name,
        connectionId: token.connectionId,
        providerSlug: token.providerSlug,
        account: token.account,
        status: 200,
        durationMs,
      })
    },
    lastGeneration: ({ app }, connectionId) => generations.get(app.id)?.get(connectionId) ?? null,
  }
}

/** Last use, of the connection and of the app. */
export function noteUse({ tokens, apps }: Keyway, { app }: AppSession, connectionId: string): void {
  tokens.noteUse(connectionId, app.name)
  apps.noteUse(app.id)
}
