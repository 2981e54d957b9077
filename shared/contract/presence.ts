// Presence: whether the person opened a window, or a shell did, where a program may have started it. A window
// from a shell is read-only until presence is proved: anything that widens a right, reveals or moves a
// secret, or changes where secrets are sent needs a proof first.
import { z } from 'zod'
/** Methods of proof, best first. Empty: nothing here can show a code, and the vault has no passphrase. */
export type ProofMethod = 'passphrase' | 'code'

export type PresenceView = {
  present: boolean
  methods: ProofMethod[]
  /** Where a code would be shown. */
  codeAppears: Array<'window' | 'terminal'>
  /** A code that must be typed in this window. Times in epoch ms. */
  codeExpiresAt: number | null
}

/** The proof that a person gives. Write-only. */
export const presenceProof = z.union([
  z.strictObject({ passphrase: z.string().min(1).max(1000) }),
  z.strictObject({ code: z.string().min(1).max(40) }),
])
export type PresenceProof = z.output<typeof presenceProof>

/** A code for another window, shown in windows that are present. */
export type ShownCode = { id: string; code: string; expiresAt: number }

/** Events at windows that were opened from a shell; sent to windows that are present. */
export type PresenceNotice = { kind: 'link-made' | 'proved' | 'refused'; at: number }

/** Accepted over the local socket only: a program of this user requests that the window opens. */
export const OPEN_WINDOW_PATH = '/window/open'

/** A one-time link to a read-only window, or confirmation that the desktop's own window is in front now. */
export const openWindowResponseSchema = z.object({
  data: z.union([z.object({ url: z.string() }), z.object({ shown: z.literal(true) })]),
})
