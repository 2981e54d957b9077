// Informs windows with presence, and the terminal that started Keyway, about windows that a shell opened.
// Codes are shown only there.
import type { ActivityEntry } from '../../../shared/contract/activity.ts'
import type { PresenceNotice, PresenceView, ShownCode } from '../../../shared/contract/presence.ts'
import type { Clock } from '../ports.ts'

/**
 * One window. `person`: the desktop's own window, or a link that the service itself opened or printed on its
 * terminal. `shell`: a link that a program requested. `restored`: a session from before a restart of the
 * service.
 */
export type WindowSession = { readonly id: string; readonly opened: 'person' | 'shell' | 'restored' }

/** What a window receives in addition to the common events. */
export type PresenceListener = {
  codes(codes: ShownCode[]): void
  notice(notice: PresenceNotice): void
}

export type PresenceAudience = {
  /** Where a code would be shown. */
  places(): PresenceView['codeAppears']
  showCodes(codes: ShownCode[]): void
  /** Writes to the audit log and informs windows with presence. */
  note(kind: PresenceNotice['kind'], text: string): void
  attach(session: WindowSession, listener: PresenceListener, codes: ShownCode[]): () => void
  attachTerminal(show: (codes: ShownCode[]) => void): () => void
}

export function createPresenceAudience(deps: {
  clock: Clock
  activity: { append(entry: ActivityEntry): void }
  isPresent: (session: WindowSession) => boolean
}): PresenceAudience {
  const windows = new Map<PresenceListener, WindowSession>()
  const terminals = new Set<(codes: ShownCode[]) => void>()
  const presentWindows = (): PresenceListener[] =>
    [...windows].filter(([, session]) => deps.isPresent(session)).map(([listener]) => listener)
  return {
    places: () => [
      ...(presentWindows().length > 0 ? (['window'] as const) : []),
      ...(terminals.size > 0 ? (['terminal'] as const) : []),
    ],
    showCodes(codes) {
      for (const listener of presentWindows()) listener.codes(codes)
      for (const show of terminals) show(codes)
    },
    note(kind, text) {
      deps.activity.append({ kind: 'system', outcome: kind === 'refused' ? 'refused' : 'ok', note: text })
      for (const listener of presentWindows()) listener.notice({ kind, at: deps.clock.now() })
    },
    attach(session, listener, codes) {
      windows.set(listener, session)
      if (deps.isPresent(session)) listener.codes(codes)
      return () => void windows.delete(listener)
    },
    attachTerminal(show) {
      terminals.add(show)
      return () => void terminals.delete(show)
    },
  }
}
