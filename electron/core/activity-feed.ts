import type { ActivityRow } from '../../shared/contract/activity.ts'
import type { Clock } from './ports.ts'

const GATHER_MS = 250
/** The window shows the newest; it asks for the rest. A busy proxy must not fill its memory. */
const MOST_ROWS = 200

/** New rows for the window, a few times a second at most. */
export function createActivityFeed(deps: { clock: Clock; send: (rows: ActivityRow[]) => void }): {
  add(row: ActivityRow): void
  close(): void
} {
  let rows: ActivityRow[] = []
  let cancel: (() => void) | null = null
  return {
    add(row) {
      if (rows.length >= MOST_ROWS) rows.shift()
      rows.push(row)
      cancel ??= deps.clock.after(GATHER_MS, () => {
        cancel = null
        const gathered = rows
        rows = []
        deps.send(gathered)
      })
    },
    close() {
      cancel?.()
      rows = []
    },
  }
}
