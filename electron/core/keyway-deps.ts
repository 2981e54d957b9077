import type { Preset } from '../../shared/contract/preset.ts'
import type { Snapshot } from '../../shared/contract/ui-api.ts'
import type { Damages } from './damages.ts'
import type { DataPlace } from './diagnostics/diagnostics-deps.ts'
import type { Integrity } from './integrity/create-integrity.ts'
import type { Activity } from './keyway.ts'
import type { OAuthClient } from './oauth/types.ts'
import type { Browser, Clock, HttpFetch, KeyValueStore, Logger, RecordStore } from './ports.ts'
import type { OpenRehearsal } from './rehearsals/rehearsal-run.ts'
import type { Vault } from './vault/vault.ts'

/** What the core is built of; whoever opened it closes it. */
export type KeywayDeps = {
  clock: Clock
  logger: Logger
  browser: Browser
  oauth: OAuthClient
  /** Trusting a provider's own authorities too; null: only the system's and the settings'. */
  fetchFor: (extraCa: string | null) => HttpFetch
  vault: Vault
  activity: Activity
  /** Absent: nothing is compared with what was recorded; `stores` are then not guarded either. */
  integrity?: Integrity
  stores: {
    settings: KeyValueStore
    providers: KeyValueStore
    apps: KeyValueStore
    connections: RecordStore
    /** Holds the note of an import under way. */
    imports: RecordStore
    /** What the practice provider keeps over a restart; absent: nothing. */
    practice?: RecordStore
  }
  /** Where the files are, for diagnostics. Absent: nowhere. */
  place?: DataPlace
  /** Absent: there is no rehearsal provider. */
  openRehearsal?: OpenRehearsal
  damages: Damages
  presets: readonly Preset[]
  host: {
    kind: Snapshot['host']
    platform: string
    version: string
    /** Whether `keyway://` addresses arrive here. Absent: they do not. */
    customSchemeWorks?: () => boolean
    /** Absent: there is no desktop around it. */
    desktop?: NonNullable<Snapshot['desktop']>
  }
  /** Resolves when all that a refresh needs is loaded. Absent: nothing has to be. */
  warmUp?: () => Promise<void>
  /** The built thread that reads files from elsewhere; absent: its source. */
  readerFile?: string
  /** For jitter; a simulation brings its own. */
  random?: () => number
}
