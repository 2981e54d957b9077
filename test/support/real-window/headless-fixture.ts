// The headless host as its users start it: in this process for specs that look at what it does, and as the
// built program for specs that kill it.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, test as base } from '@playwright/test'
import manifest from '../../../package.json' with { type: 'json' }
import { createHeadless, type Headless } from '../../../electron/headless/headless.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { root } from '../../../scripts/build/parts.ts'
import { makeTempFolder } from '../temp-folder.ts'
import { runNode, type Script } from './script.ts'

export const test = base.extend<{ host: Headless }>({
  // Playwright reads from this pattern what a fixture needs.
  host: async ({ browserName: _browser }, provide) => {
    const folder = makeTempFolder()
    const host = await createHeadless({
      dataFolder: join(folder.path, 'data'),
      port: 0,
      windowFolder: join(root, 'out', 'renderer'),
      passphrase: new Secret(randomBytes(16).toString('base64url')),
      keychain: 'unused',
      logLevel: 'warn',
      version: manifest.version,
      environment: {},
    })
    await provide(host)
    await host.close()
    folder.remove()
  },
})

export { expect }

export type HeadlessProgram = Script & {
  /** The link to the window that it prints. */
  launchUrl(): Promise<string>
}

/** Starts the built program; with a passphrase, the vault is made or opened with it at once. */
export function startHeadlessProgram(options: {
  dataFolder: string
  port: string
  passphrase?: string
}): HeadlessProgram {
  const { dataFolder, port, passphrase } = options
  const program = join(root, 'out', 'headless', 'main.js')
  const fromInput = passphrase === undefined ? [] : ['--passphrase-stdin']
  const script = runNode(
    [program, '--no-open', '--port', port, '--data', dataFolder, ...fromInput],
    passphrase === undefined ? {} : { input: `${passphrase}\n` },
  )
  return {
    ...script,
    launchUrl: () => script.heard(/Open (http:\/\/127\.0\.0\.1:\d+\/launch\?ticket=[\w-]+)/),
  }
}
