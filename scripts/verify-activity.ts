// `npm run verify-activity`: verifies that the audit log was not changed; `-- --data <folder>` selects
// another data folder. With `--passphrase-stdin` it is verified with the vault's key; otherwise only the
// chain of hashes is checked. Changes nothing.
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type LogAuthority, verifyFolder } from '../electron/core/audit-log/verify.ts'
import { dataLocation } from '../electron/core/storage/data-folder.ts'
import { createManifestFiles, decodeManifest } from '../electron/core/integrity/manifest.ts'
import { decodeRecord } from '../electron/core/storage/records.ts'
import { createMac } from '../electron/core/vault/key-holder.ts'
import { createPassphraseKeyWrappers } from '../electron/core/vault/passphrase-wrapper.ts'
import { isDataKey, parseVaultFile, type VaultFile } from '../electron/core/vault/vault-file.ts'
import { readPassphrase } from '../electron/headless/terminal.ts'
import { errorTable, KeywayError } from '../shared/contract/errors.ts'
import type { Secret } from '../shared/contract/secret.ts'
import { runScript } from './machine/run-script.ts'

await runScript(async () => {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, 'passphrase-stdin': { type: 'boolean', default: false } },
  })
  const place = { platform: process.platform, home: homedir(), environment: process.env }
  const data = dataLocation(values.data, place)
  const passphrase = values['passphrase-stdin'] ? await readPassphrase(process.stdin) : null
  const authority = passphrase === null ? null : await authorityOf(data, passphrase)
  const { ok, message } = await verifyFolder(join(data, 'activity'), authority)
  if (ok) console.log(message)
  else console.error(message)
  return ok ? 0 : errorTable.data_damaged.exit
})

/** @throws KeywayError `wrong_passphrase` | `data_damaged` | `passphrase_required` */
async function authorityOf(data: string, passphrase: Secret): Promise<LogAuthority> {
  const vault = readVault(join(data, 'vault', 'vault.json'))
  const wrap = vault.wraps.find(({ kind }) => kind === 'passphrase')
  if (wrap === undefined)
    throw new KeywayError('passphrase_required', {
      message: 'No passphrase opens this vault; Verify in the window under Activity uses its key.',
    })
  const dataKey = await createPassphraseKeyWrappers()(passphrase).unwrap(wrap.wrapped)
  if (!isDataKey(dataKey, vault)) throw new KeywayError('data_damaged')
  const mac = createMac(dataKey)
  dataKey.fill(0)
  const [manifest] = createManifestFiles(data)
    .read()
    .flatMap(({ text }) => decodeManifest(text ?? '', (body) => mac('manifest', body), vault.vaultId) ?? [])
    .toSorted((one, other) => other.counter - one.counter)
  if (manifest === undefined && vault.version > 1)
    throw new KeywayError('integrity_check_failed', {
      message: 'The file that says what Keyway last recorded (integrity.json) is missing or was changed.',
    })
  return {
    mac: (text) => mac('audit-log', text),
    known: manifest?.audit.head ?? null,
    unkeyed: manifest?.audit.unkeyed ?? [],
  }
}

function readVault(path: string): VaultFile {
  const decoded = decodeRecord('vault', readFileSync(path, 'utf8'))
  if (decoded.kind === 'good') return parseVaultFile(decoded.value)
  throw new KeywayError('data_damaged', { message: 'The vault file cannot be read.' })
}
