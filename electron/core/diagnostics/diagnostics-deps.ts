import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import type { Activity } from '../keyway.ts'
import type { Clock } from '../ports.ts'
import type { Vault } from '../vault/vault.ts'

/** Where Keyway's own files are. Null: nothing on disk (tests in memory). */
export type DataPlace = {
  folder: string
  logFile: string
  environment: Readonly<Record<string, string | undefined>>
} | null

export type DiagnosticsDeps = {
  place: DataPlace
  clock: Clock
  vault: Vault
  activity: Activity
  snapshot: () => Snapshot
  version: string
}
