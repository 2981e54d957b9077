// The headless host as `createHeadless` puts it together, in this process: real folder, real vault, real
// server, the built window. Only time can be pushed on, a passphrase is cheap to prove, and the keychain is
// one in memory.
import { join } from 'node:path'
import { openKeyway } from '../../../electron/core/open-keyway.ts'
import { createPassphraseKeyWrappers } from '../../../electron/core/vault/passphrase-wrapper.ts'
import type { Keyway } from '../../../electron/core/keyway.ts'
import { openLocalServer } from '../../../electron/http/server/local-server.ts'
import { createConfKv } from '../../../electron/headless/headless.ts'
import { openPracticeProvider } from '../../../electron/practice-provider/provider.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { presets } from '../../../shared/presets/presets.ts'
import { root } from '../../../scripts/build/parts.ts'
import { createMemoryProtector } from '../memory-protector.ts'
import { createMovedClock, type MovedClock } from './moved-clock.ts'

export const PASSPHRASE = 'correct horse battery staple'

export type RealHost = {
  readonly keyway: Keyway
  readonly clock: MovedClock
  readonly dataFolder: string
  readonly url: string
  launchUrl(): string
  close(): Promise<void>
}

export type RealHostOptions = {
  dataFolder: string
  /** `fresh`: as at the very first start. */
  vault?: 'fresh' | 'unlocked'
  keychain?: 'none' | 'usable'
}

export async function openRealHost(options: RealHostOptions): Promise<RealHost> {
  const { dataFolder, vault = 'unlocked', keychain = 'none' } = options
  const clock = createMovedClock()
  const opened = await openKeyway({
    dataFolder,
    clock,
    host: { kind: 'headless', platform: process.platform, version: '0.0.0-test' },
    keyWrappers: keychain === 'usable' ? [createMemoryProtector()] : [],
    openKv: createConfKv,
    browser: {
      open: async () => ({ opened: false, reason: 'there is none in a test' }),
      installed: async () => [],
    },
    openPracticeProvider,
    presets,
    environment: {},
    logLevel: 'warn',
    passphraseKeyWrappers: createPassphraseKeyWrappers({ cost: { N: 2, r: 1, p: 1 } }),
  })
  if (vault === 'unlocked') await opened.vault.initialize('passphrase', new Secret(PASSPHRASE))
  const server = await openLocalServer(opened.keyway, {
    port: 0,
    outgoing: opened.outgoing,
    windowFolder: join(root, 'out', 'renderer'),
    windowSessionsFile: opened.folder.resolve('window-sessions.json'),
    socketPath: opened.socketPath,
    whenBusy: 'fail',
    onListening: (url) => opened.folder.publish({ url }),
  })
  return {
    keyway: opened.keyway,
    clock,
    dataFolder,
    get url() {
      return server.url
    },
    launchUrl: () => server.launchUrl() ?? server.url,
    close: () => server.close().then(() => opened.close()),
  }
}
