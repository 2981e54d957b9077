// Presence: whether a window was opened by the person, or from a shell, where a program may have opened it. A window from a shell may look;
// what widens a right, reveals or moves a secret, or redirects where secrets go wants a proof first.
import { z } from 'zod'
import type { UiCallName } from './ui-api.ts'

/** `required unless reducing`: some inputs of the call only take a right away; shared/domain/presence-rule.ts tells which. */
export type PresenceMark = 'required' | 'required unless reducing' | 'not required'

/** Every call of the window, marked. */
export const presenceMarks = {
  'snapshot.get': 'not required',
  'presence.state': 'not required',
  'presence.showCode': 'not required',
  'presence.prove': 'not required',
  'vault.initialise': 'required',
  // A passphrase is a proof by itself; a keychain opens for whoever asks.
  'vault.unlock': 'required unless reducing',
  'vault.lock': 'not required',
  'vault.changePassphrase': 'required',
  'vault.migrate': 'required',
  // Only while locked; it gives no right, and can be undone by hand.
  'vault.startOver': 'not required',
  'presets.list': 'not required',
  'providers.create': 'required',
  'providers.update': 'required',
  'providers.remove': 'not required',
  'providers.redirectPlan': 'not required',
  // May register a client at the server.
  'providers.discover': 'required unless reducing',
  'providers.doctor': 'not required',
  'providers.export': 'not required',
  'providers.import': 'required',
  'providers.readForeign': 'not required',
  'connections.connect': 'required',
  // Apps name accounts, so a name or a default decides whose token they get.
  'connections.rename': 'required',
  'connections.setDefault': 'required',
  'connections.refresh': 'not required',
  // Shows what the account holds.
  'connections.testCall': 'required',
  'connections.disconnect': 'not required',
  'connections.report': 'not required',
  'flows.cancel': 'not required',
  'flows.paste': 'required',
  'flows.openAgain': 'required',
  'browsers.list': 'not required',
  'flows.chooseResource': 'required',
  'flows.confirmAccount': 'required unless reducing',
  'flows.dismiss': 'not required',
  'apps.create': 'required',
  'apps.update': 'required unless reducing',
  'apps.rotateKey': 'required',
  'apps.remove': 'not required',
  'approvals.decide': 'required unless reducing',
  'activity.query': 'not required',
  'activity.verify': 'not required',
  'settings.update': 'required unless reducing',
  // A change that was made outside counts from then on, or is out of sight.
  'integrity.confirm': 'required',
  'integrity.decide': 'required',
  'bundle.export': 'required',
  'bundle.inspect': 'not required',
  'bundle.import': 'required',
  'diagnostics.collect': 'not required',
  'rehearsal.state': 'not required',
  'rehearsal.start': 'required',
  'rehearsal.stop': 'not required',
  'rehearsal.behave': 'not required',
} as const satisfies Record<UiCallName, PresenceMark>

/** How a person can prove that it is them, best first. None: nothing here can show a code, and the vault has no passphrase. */
export type ProofMethod = 'passphrase' | 'code'

export type PresenceView = {
  present: boolean
  methods: ProofMethod[]
  /** Where a code would appear. */
  codeAppears: Array<'window' | 'terminal'>
  /** A code that waits to be typed in this window; epoch ms. */
  codeExpiresAt: number | null
}

/** What a person proves it with. Write-only. */
export const presenceProof = z.union([
  z.strictObject({ passphrase: z.string().min(1).max(1000) }),
  z.strictObject({ code: z.string().min(1).max(40) }),
])
export type PresenceProof = z.output<typeof presenceProof>

/** A code for another window, shown in windows that are present. */
export type ShownCode = { id: string; code: string; expiresAt: number }

/** What happened at windows that were opened from a shell; told to windows that are present. */
export type PresenceNotice = { kind: 'link-made' | 'proved' | 'refused'; at: number }

/** Asked over the local socket only: a program of this user wants the window to be opened. */
export const OPEN_WINDOW_PATH = '/window/open'

/** A link of one use to a window that may look, or word that the desktop's own window is in front now. */
export const openWindowAnswer = z.object({
  data: z.union([z.object({ url: z.string() }), z.object({ shown: z.literal(true) })]),
})
