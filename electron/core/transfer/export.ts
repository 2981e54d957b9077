// Collects the content of a bundle: every readable record with its secrets decrypted. Unreadable ones are
// omitted and reported.
import type { BundleWarning } from '../../../shared/contract/transfer.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import { createYielder } from './file-reader.ts'
import { openTokenSet } from '../connections/store/sealed.ts'
import { openClientKeys, openClientSecret, openRegistration } from '../providers/store.ts'
import type { SecretBox } from '../vault/status.ts'
import type { ExistingData } from './compatible.ts'
import type { BundleContent, BundledConnection, BundledProvider } from './content.ts'
import { grantWarnings, leftOut } from './report.ts'

/** @throws KeywayError vault_locked */
export async function collectContent(
  localData: ExistingData,
  box: SecretBox,
  keywayVersion: string,
): Promise<{ content: BundleContent; warnings: BundleWarning[] }> {
  const warnings: BundleWarning[] = []
  // A snapshot: a change replaces a record, so these records stay unchanged while other work runs.
  const records = localData.providers()
  const [apps, settings] = [localData.apps(), localData.settings()]
  const all = localData.connections()
  const yielding = createYielder()
  const providers = records.map((record) => bundledProvider(record, box, warnings))
  const byId = new Map(records.map((record) => [record.id, record]))
  const connections: BundledConnection[] = []
  for (const record of all) {
    await yielding()
    const provider = byId.get(record.providerId)
    const bundled = provider === undefined ? null : bundledConnection(record, provider, box, warnings)
    if (provider === undefined || bundled === null) continue
    connections.push(bundled)
    warnings.push(...grantWarnings(record, { name: provider.name, spec: localData.specOf(provider) }))
  }
  const content = { keywayVersion, providers, connections, apps, settings }
  return { content, warnings }
}

function bundledProvider(record: ProviderRecord, box: SecretBox, warnings: BundleWarning[]): BundledProvider {
  const {
    sealedClientSecret: _secret,
    sealedRegistration: _registration,
    sealedClientKeys: _keys,
    ...rest
  } = record
  const open = (what: string, read: () => string | null): string | null =>
    readable(read, () =>
      warnings.push(
        leftOut({
          connectionId: null,
          providerName: record.name,
          account: null,
          what: `${what} cannot be read here.`,
        }),
      ),
    )
  return {
    ...rest,
    clientSecret: open('the client secret', () => openClientSecret(box, record)?.reveal() ?? null),
    registration: open('the registration', () => openRegistration(box, record)?.reveal() ?? null),
    privateClientKeys: open('the key of the client', () => openClientKeys(box, record)?.reveal() ?? null),
  }
}

function bundledConnection(
  record: ConnectionRecord,
  provider: ProviderRecord,
  box: SecretBox,
  warnings: BundleWarning[],
): BundledConnection | null {
  const { sealedTokens: _tokens, sealedPrevious, ...rest } = record
  const open = (place: 'current' | 'previous') =>
    readable(
      () => openTokenSet(box, record, place),
      () => undefined,
    )
  const tokens = open('current')
  if (tokens === null) {
    const { id: connectionId, account } = record
    const what = 'its tokens cannot be read here, so it is not in the bundle.'
    warnings.push(leftOut({ connectionId, providerName: provider.name, account, what }))
    return null
  }
  return { ...rest, tokens, previous: sealedPrevious === null ? null : open('previous') }
}

const unusable: ReadonlySet<string> = new Set(['data_damaged', 'integrity_check_failed'])

/** A corrupt secret is omitted; a locked vault ends the export. */
function readable<Value>(read: () => Value, onDamaged: () => unknown): Value | null {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof KeywayError) || !unusable.has(error.code)) throw error
    onDamaged()
    return null
  }
}
