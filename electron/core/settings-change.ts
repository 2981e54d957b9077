// A change of settings by the person: what another part must agree to is asked first, and what it refuses is not saved.
import { KeywayError } from '../../shared/contract/errors.ts'
import type { Settings, SettingsPatch } from '../../shared/contract/settings.ts'
import { certificatesIn } from './network/outgoing.ts'
import { createTurns } from './async.ts'
import type { SettingsBook } from './settings.ts'

/**
 * Moves the local server to where it is wanted, or throws and leaves it as it was. Comes from the host once it has one.
 * @throws KeywayError port_busy
 */
export type ServerControl = (wanted: Pick<Settings, 'port' | 'socketDoor'>) => Promise<void>

export type SettingsChange = {
  change(patch: SettingsPatch): Promise<Settings>
  controlServer(control: ServerControl): void
}

export function createSettingsChange({
  settings,
  serverPort,
}: {
  settings: SettingsBook
  /** Null while the server does not listen. */
  serverPort: () => number | null
}): SettingsChange {
  const inTurn = createTurns()
  let control: ServerControl | null = null
  return {
    controlServer(next) {
      control = next
    },
    change: (patch) =>
      inTurn('settings', async () => {
        if (typeof patch.extraCa === 'string') certificatesIn(patch.extraCa)
        const before = settings.get()
        const wanted = {
          port: patch.port ?? serverPort() ?? before.port,
          socketDoor: patch.socketDoor ?? before.socketDoor,
        }
        const moves =
          (patch.port !== undefined && patch.port !== serverPort()) || wanted.socketDoor !== before.socketDoor
        const from = { port: serverPort() ?? before.port, socketDoor: before.socketDoor }
        if (moves) await inField(patch, () => control?.(wanted))
        try {
          return settings.update(patch)
        } catch (error) {
          if (moves) await control?.(from)
          throw error
        }
      }),
  }
}

async function inField(patch: SettingsPatch, move: () => Promise<void> | undefined): Promise<void> {
  try {
    await move()
  } catch (error) {
    if (!(error instanceof KeywayError)) throw error
    const { code, message, nextStep, details } = error
    const field = patch.port === undefined ? 'socketDoor' : 'port'
    throw new KeywayError(code, { message, nextStep, details: { field, ...details }, cause: error })
  }
}
