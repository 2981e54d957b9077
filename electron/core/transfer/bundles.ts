// Export and import of all data for the window. One import at a time; the vault must be unlocked for each
// call.
import type { BundleReport } from '../../../shared/contract/transfer.ts'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import type { UiApi } from '../../../shared/contract/ui-api.ts'
import { createKeyedMutex } from '../async.ts'
import type { FileReader } from './file-reader.ts'
import type { AuditLog } from '../keyway.ts'
import type { Clock } from '../ports.ts'
import { checkNewPassphrase } from '../vault/passphrase-wrapper.ts'
import type { SecretBox } from '../vault/status.ts'
import { sealBundle } from './bundle-file.ts'
import type { ExistingData } from './compatible.ts'
import type { BundleContent } from './content.ts'
import { collectContent } from './export.ts'
import { planImport } from './plan.ts'
import { bundleReport } from './report.ts'
import { type ImportTargets, writeImport } from './write-import.ts'

export type BundlesDeps = {
  localData: ExistingData
  targets: ImportTargets
  box: SecretBox
  clock: Clock
  activity: Pick<AuditLog, 'append'>
  version: string
  files: Pick<FileReader, 'bundle'>
  /**
   * Resolves when no refresh is running, so that no refresh token is exported while its successor is on the
   * way.
   */
  whenRefreshesIdle: () => Promise<void>
  /** Called after an import. */
  onImported: () => void
}

export type Bundles = Pick<UiApi, 'bundle.export' | 'bundle.inspect' | 'bundle.import'>

export function createBundles(deps: BundlesDeps): Bundles {
  const { localData, box, clock } = deps
  const runExclusive = createKeyedMutex()
  const note = (text: string): void => deps.activity.append({ kind: 'system', outcome: 'ok', note: text })

  return {
    async 'bundle.export'({ passphrase }) {
      needVault(box)
      const secret = new Secret(passphrase)
      checkNewPassphrase(secret)
      await deps.whenRefreshesIdle()
      needVault(box)
      const { content, warnings } = await collectContent(localData, box, deps.version)
      const createdAt = clock.now()
      const text = await sealBundle(content, { passphrase: secret, createdAt })
      const counts = countsOf(content)
      note(`bundle exported: ${inWords(counts)}`)
      const day = new Date(createdAt).toISOString().slice(0, 10)
      return { fileName: `keyway-${day}.bundle.json`, content: text, counts, warnings }
    },
    async 'bundle.inspect'({ content: text, passphrase }): Promise<BundleReport> {
      needVault(box)
      const { createdAt, content } = await read(deps, text, passphrase)
      return await bundleReport(content, createdAt, localData)
    },
    async 'bundle.import'({ content: text, passphrase, choices }) {
      needVault(box)
      const { content } = await read(deps, text, passphrase)
      return runExclusive('import', async () => {
        const plan = await planImport(content, choices, { localData, box, now: clock.now() })
        try {
          await writeImport(plan, localData, deps.targets)
        } finally {
          deps.onImported()
        }
        note(`bundle imported: ${inWords(plan.outcome.added)}`)
        return plan.outcome
      })
    },
  }
}

function needVault(box: SecretBox): void {
  if (!box.unlocked) throw new KeywayError('vault_locked')
}

async function read(
  { files, localData }: Pick<BundlesDeps, 'files' | 'localData'>,
  text: string,
  passphrase: string,
): Promise<{ createdAt: number; content: BundleContent }> {
  const opened = await files.bundle(text, new Secret(passphrase))
  checkSpecs(opened.content, localData)
  return opened
}

/** Deviations are stored sparsely, so whether they are valid with their preset shows only here. */
function checkSpecs(content: BundleContent, localData: ExistingData): void {
  for (const [index, provider] of content.providers.entries()) {
    if (provider.preset !== null && !localData.presetSlugs.includes(provider.preset)) continue
    try {
      localData.specOf(provider)
    } catch (thrown) {
      const error = asKeywayError(thrown)
      const field = `providers.${index}.${typeof error.details['field'] === 'string' ? error.details['field'] : 'spec'}`
      throw new KeywayError('bundle_damaged', {
        message: `The bundle opened, but ${field} is not right: ${error.message}`,
        details: { step: 'content', field, issues: [{ field, message: error.message }] },
        cause: thrown,
      })
    }
  }
}

type Counts = { providers: number; connections: number; apps: number }

const countsOf = ({ providers, connections, apps }: BundleContent): Counts => ({
  providers: providers.length,
  connections: connections.length,
  apps: apps.length,
})

const inWords = ({ providers, connections, apps }: Counts): string =>
  `${providers} providers, ${connections} connections, ${apps} apps`
