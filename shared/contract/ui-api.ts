// Every call and event of the window, defined once. IPC, the headless HTTP bridge and their types derive from
// it.
import { z } from 'zod'
import './issue-words.ts'
import { activityQuery, type ActivityRow, type ActivityVerdict } from './activity.ts'
import { appInput, appPatch, type AppView } from './app.ts'
import { decision, type Approval, type LockedRequest } from './approval.ts'
import {
  browserId,
  type Diagnostics,
  type InstalledBrowser,
  type Settings,
  settingsPatch,
  type SupportReport,
} from './settings.ts'
import {
  type BundleExport,
  bundleExportInput,
  type BundleImported,
  bundleImportInput,
  bundleInspectInput,
  type BundleReport,
  foreignInput,
  type ForeignProviders,
  providerFile,
  type ProviderImported,
} from './transfer.ts'
import type { ConnectionView } from './connection.ts'
import type { ErrorBody } from './errors.ts'
import { connectInput, type Flow } from './flow.ts'
import { presenceProof, type PresenceNotice, type PresenceView, type ShownCode } from './presence.ts'
import { integrityDecision, type IntegrityView } from './integrity.ts'
import type { Preset } from './preset.ts'
import { providerInput, providerPatch, type ProviderInputDraft, type ProviderView } from './provider.ts'
import { practiceSituation, type PracticeState } from './practice-provider.ts'
import { accountSchema } from './slug.ts'

type Call<Input extends z.ZodType, Output> = { input: Input; output?: Output }
const call =
  <Output>() =>
  <Input extends z.ZodType>(input: Input): Call<Input, Output> => ({ input })

const id = z.string().min(1).max(64)
const byId = z.strictObject({ id })
const nothing = z.undefined()
/** Typed by a person; write-only. */
const passphrase = z.string().min(1).max(1000)

export type KeyWrapperView = {
  kind: 'os-keychain' | 'safe-storage' | 'passphrase'
  label: string
  usable: boolean
  reason: string | null
}
export type VaultView =
  | { kind: 'uninitialised'; protectors: KeyWrapperView[] }
  | { kind: 'locked'; protectors: KeyWrapperView[]; reason: string; needsPassphrase: boolean }
  | {
      kind: 'unlocked'
      protectors: KeyWrapperView[]
      /** The key wrappers that wrap the data key now. */
      wraps?: KeyWrapperView['kind'][]
    }

export type ServerView = {
  url: string
  listening: boolean
  failure: ErrorBody | null
  socketPath: string | null
  version: string
}
export type CorruptionView = {
  file: string
  setAsidePath: string
  using: 'previous generation' | 'copy in memory' | 'nothing'
  detectedAt: number
}

/** The state that the window mirrors. Events of the same name replace whole lists. */
export type Snapshot = {
  host: 'desktop' | 'headless'
  platform: string
  vault: VaultView
  server: ServerView
  settings: Settings
  providers: ProviderView[]
  connections: ConnectionView[]
  flows: Flow[]
  apps: AppView[]
  approvals: Approval[]
  /** Apps that requested approval while the vault was locked; empty once it is unlocked. */
  lockedAsks: LockedRequest[]
  damages: CorruptionView[]
  integrity: IntegrityView
  rehearsal: PracticeState
  /** Path of the data folder; null where there is none. */
  dataFolder: string | null
  /** For windows that were opened from a shell; absent or empty unless this window is present. */
  codes?: ShownCode[]
  /** Features of the desktop; absent without one. */
  desktop?: {
    /** False: closing the window ends Keyway. */
    hasTray: boolean
    /** Why it cannot start at login; null: it can. */
    whyNoLoginItem: string | null
  }
}

export type RedirectPlan = {
  redirectUri: string | null
  note: string | null
  way: 'fixed-port' | 'any-port' | 'custom-scheme' | 'paste' | 'none'
}
/** What was discovered at an address, ready for the registration form. */
export type Discovered = {
  draft: ProviderInputDraft
  registered: boolean
  steps: ProviderCheckStep[]
  missing: string[]
}
export type ProviderCheckStep = {
  name: string
  outcome: 'ok' | 'warning' | 'failed' | 'skipped'
  /** Redacted request and response, as text. */
  request: string | null
  answer: string | null
  explanation: string
  /**
   * A change of the provider that would help; `providers.update` with this spec, and these scopes and hosts
   * in place of the provider's, applies it.
   */
  fix: { label: string; spec: Record<string, unknown>; scopes?: string[]; privateHosts?: string[] } | null
}
export type DisconnectResult = {
  /** `queued`: the vault was locked, so the token is revoked at the provider when it is unlocked. */
  revoked: 'at_provider' | 'local_only' | 'queued'
  message: string
  manageUrl: string | null
}
export type TestCallResult = {
  status: number
  contentType: string | null
  body: string
  durationMs: number
  truncated: boolean
}

export const uiCalls = {
  'snapshot.get': call<Snapshot>()(nothing),
  /** Whether this window may make the calls that require presence, and how presence is proved. */
  'presence.state': call<PresenceView>()(nothing),
  /**
   * Shows a code where only the person sees it: in windows that are present, and on the terminal that started
   * Keyway.
   */
  'presence.showCode': call<PresenceView>()(nothing),
  /** Replaces the browser's session: whoever knew the previous one has not proved presence. */
  'presence.prove': call<PresenceView>()(presenceProof),
  'vault.initialise': call<VaultView>()(
    z.strictObject({
      protector: z.enum(['os-keychain', 'safe-storage', 'passphrase']),
      passphrase: passphrase.optional(),
    }),
  ),
  'vault.unlock': call<VaultView>()(z.strictObject({ passphrase: passphrase.optional() })),
  'vault.lock': call<VaultView>()(nothing),
  'vault.changePassphrase': call<VaultView>()(z.strictObject({ current: passphrase, next: passphrase })),
  'vault.migrate': call<VaultView>()(
    z.strictObject({
      protector: z.enum(['os-keychain', 'safe-storage', 'passphrase']),
      passphrase: passphrase.optional(),
    }),
  ),
  /**
   * Only while locked: moves vault, connections and client secrets to a separate folder; nothing is deleted.
   */
  'vault.startOver': call<{ setAsidePath: string }>()(
    z.strictObject({ typed: z.string().trim().toLowerCase().pipe(z.literal('start over')) }),
  ),
  'presets.list': call<Preset[]>()(nothing),
  'providers.create': call<ProviderView>()(providerInput),
  'providers.update': call<{ provider: ProviderView; reauthorise: boolean }>()(
    z.strictObject({ id, patch: providerPatch }),
  ),
  /** Makes a new key pair; the one before is kept until the next. */
  'providers.newClientKey': call<ProviderView>()(byId),
  'providers.remove': call<{ removedConnections: number }>()(byId),
  'providers.redirectPlan': call<RedirectPlan>()(z.strictObject({ draft: z.unknown() })),
  'providers.discover': call<Discovered>()(
    z.strictObject({
      url: z.string().min(1).max(2000),
      /**
       * `register`: registers a client at a server that supports it (RFC 7591). `typed`: the person has a
       * client; nothing is changed at the server.
       */
      client: z.enum(['register', 'typed']),
      /** PEM authorities of the form that is being filled in; trusted for this look-up alone. */
      extraCa: z.string().max(200_000).nullable().default(null),
    }),
  ),
  'providers.doctor': call<ProviderCheckStep[]>()(byId),
  'providers.export': call<{ json: string; code: string }>()(byId),
  /**
   * Registers the result of `providers.export`. If any field is invalid, nothing is registered and each such
   * field is named.
   */
  'providers.import': call<ProviderImported>()(providerFile),
  /** Reads another tool's file. Registers nothing. */
  'providers.readForeign': call<ForeignProviders>()(foreignInput),
  'connections.connect': call<Flow>()(connectInput),
  'connections.rename': call<ConnectionView>()(z.strictObject({ id, account: accountSchema })),
  'connections.setDefault': call<ConnectionView>()(byId),
  'connections.refresh': call<ConnectionView>()(byId),
  'connections.testCall': call<TestCallResult>()(
    z.strictObject({
      id,
      /** POST is allowed only for the provider's known-good request. */
      method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
      url: z.string().max(2000).default(''),
    }),
  ),
  'connections.disconnect': call<DisconnectResult>()(byId),
  'connections.report': call<SupportReport>()(byId),
  'flows.cancel': call<Flow>()(byId),
  /** The final URL or the code alone, pasted by the person. */
  'flows.paste': call<Flow>()(z.strictObject({ id, text: z.string().min(1).max(20_000) })),
  /** Opens a new URL in the browser. With `browser`, in that one, which the connection then keeps. */
  'flows.openAgain': call<Flow>()(z.strictObject({ id, browser: browserId.nullable().default(null) })),
  'browsers.list': call<InstalledBrowser[]>()(nothing),
  'flows.chooseResource': call<Flow>()(z.strictObject({ id, resourceId: z.string().max(500) })),
  /** Replace the account, keep it as another connection, or discard the result. */
  'flows.confirmAccount': call<Flow>()(z.strictObject({ id, answer: z.enum(['replace', 'add', 'discard']) })),
  'flows.dismiss': call<null>()(byId),
  'apps.create': call<{ app: AppView; key: string }>()(appInput),
  'apps.update': call<AppView>()(z.strictObject({ id, patch: appPatch })),
  'apps.rotateKey': call<{ app: AppView; key: string }>()(
    z.strictObject({ id, overlapMinutes: z.number().int().min(0).max(10_080).default(60) }),
  ),
  'apps.remove': call<null>()(byId),
  /** Returns the app that a pairing created. */
  'approvals.decide': call<AppView | null>()(
    z.strictObject({
      id,
      decision,
      /** A pairing with fewer permissions than requested. */ app: appPatch.optional(),
    }),
  ),
  'activity.query': call<ActivityRow[]>()(activityQuery),
  'activity.verify': call<ActivityVerdict>()(nothing),
  /**
   * A busy port is refused (`port_busy`, with the next free one). The server then stays on its port, and
   * nothing is saved.
   */
  'settings.update': call<Settings>()(settingsPatch),
  /** Confirms what an earlier version left, and decides about changes that were made outside Keyway. */
  'integrity.confirm': call<IntegrityView>()(nothing),
  'integrity.decide': call<IntegrityView>()(integrityDecision),
  'bundle.export': call<BundleExport>()(bundleExportInput),
  /** Lists the content of a bundle and its clashes with existing entries. Changes nothing. */
  'bundle.inspect': call<BundleReport>()(bundleInspectInput),
  /** Imports all of the choices, or nothing. */
  'bundle.import': call<BundleImported>()(bundleImportInput),
  'diagnostics.collect': call<Diagnostics>()(nothing),
  'rehearsal.state': call<PracticeState>()(nothing),
  /** Also registers it as an ordinary provider, once. */
  'rehearsal.start': call<PracticeState>()(nothing),
  /** Removes nothing. A later start in the same process keeps the authorizations. */
  'rehearsal.stop': call<PracticeState>()(nothing),
  'rehearsal.behave': call<PracticeState>()(practiceSituation),
} as const

export type UiCalls = typeof uiCalls
export type UiCallName = keyof UiCalls
export type UiInput<Name extends UiCallName> = z.input<UiCalls[Name]['input']>
export type UiParsed<Name extends UiCallName> = z.output<UiCalls[Name]['input']>
export type UiOutput<Name extends UiCallName> =
  UiCalls[Name] extends Call<z.ZodType, infer Output> ? Output : never

/** Result over IPC and HTTP: a value, or the coded failure. A call never rejects with anything else. */
export type UiResult<Output> = { ok: true; value: Output } | { ok: false; failure: ErrorBody }

/** Events carry the changed part of the {@link Snapshot}; never a secret. */
export type UiEvents = {
  vault: VaultView
  server: ServerView
  settings: Settings
  providers: ProviderView[]
  connections: ConnectionView[]
  flows: Flow[]
  apps: AppView[]
  approvals: Approval[]
  lockedAsks: LockedRequest[]
  damages: CorruptionView[]
  integrity: IntegrityView
  rehearsal: PracticeState
  activity: ActivityRow[]
  /** Only to windows that are present. */
  codes: ShownCode[]
  /** Only to windows that are present. */
  presenceNotice: PresenceNotice
  /** The tray, a notification or a deep link requests that the window shows this page. */
  navigate: { to: string }
}
export type UiEventName = keyof UiEvents
export const uiEventNames = [
  'vault',
  'server',
  'settings',
  'providers',
  'connections',
  'flows',
  'apps',
  'approvals',
  'lockedAsks',
  'damages',
  'integrity',
  'rehearsal',
  'activity',
  'codes',
  'presenceNotice',
  'navigate',
] as const satisfies readonly UiEventName[]

type CoreCallName = Exclude<UiCallName, SessionCallName>
/** What a host implements: the core behind IPC, HTTP or a test. */
export type UiApi = { [Name in CoreCallName]: (input: UiParsed<Name>) => Promise<UiOutput<Name>> }

/** Calls about the calling window itself; the dispatcher handles these. */
export type SessionCallName = Extract<UiCallName, `presence.${string}`>
