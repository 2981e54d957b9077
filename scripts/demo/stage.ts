// Keyway without Electron on a temporary folder, and a practice provider. `close` removes both.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { createHeadless, type Headless } from '../../electron/headless/headless.ts'
import { createPracticeProvider, type PracticeProvider } from '../../electron/practice-provider/provider.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { root } from '../build/parts.ts'

export type Stage = { headless: Headless; practice: PracticeProvider; close(): Promise<void> }

/**
 * `port` null: 7317, or any free port when that is taken. @throws KeywayError `port_busy` for a given port.
 */
export async function setStage({ port }: { port: number | null }): Promise<Stage> {
  const folder = makeFolder()
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true })
  // Also when a second Ctrl+C or a failure while closing ends the process.
  process.once('exit', removeFolder)
  try {
    const headless = await startHeadless(join(folder, 'data'), port)
    const practice = await createPracticeProvider({
      redirectUris: [`${headless.url}/oauth2/callback`],
    })
    return {
      headless,
      practice,
      async close() {
        await headless.close()
        await practice.close()
        removeFolder()
      },
    }
  } catch (error) {
    removeFolder()
    throw error
  }
}

function makeFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'keyway-demo-'))
  } catch (cause) {
    const reason = `No folder can be made in ${tmpdir()}; set TMPDIR to one where you may write.`
    throw new Error(reason, { cause })
  }
}

async function startHeadless(dataFolder: string, port: number | null): Promise<Headless> {
  // A random passphrase that is never shown, so that the person's keychain is not used.
  const passphrase = new Secret(randomBytes(32).toString('base64url'))
  const start = (at: number): Promise<Headless> =>
    createHeadless({
      dataFolder,
      port: at,
      windowFolder: join(root, 'out', 'renderer'),
      passphrase,
      keychain: 'unused',
      logLevel: 'warn',
      version: manifest.version,
      environment: process.env,
    })
  if (port !== null) return start(port)
  try {
    return await start(7317)
  } catch (error) {
    if (error instanceof KeywayError && error.code === 'port_busy') return start(0)
    throw error
  }
}
