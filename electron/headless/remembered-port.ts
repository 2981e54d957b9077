import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_PORT } from '../../shared/domain/redirect-uri.ts'

/**
 * The port in the settings, before anything is loaded that could read them properly. Only a guess where to listen early: when the settings
 * turn out to say something else, that is where Keyway listens.
 */
export function rememberedPort(dataFolder: string): number {
  try {
    const settings: unknown = JSON.parse(readFileSync(join(dataFolder, 'settings.json'), 'utf8'))
    const port =
      typeof settings === 'object' && settings !== null && 'port' in settings ? settings.port : null
    return typeof port === 'number' && Number.isInteger(port) && port >= 1024 && port <= 65_535
      ? port
      : DEFAULT_PORT
  } catch {
    // None yet, or damaged: the start that follows says so.
    return DEFAULT_PORT
  }
}
