// Presence: whether a window was opened by the person, or from a shell, where a program may have opened it. A
// window from a shell may look; what widens a right, reveals or moves a secret, or redirects where secrets go
// wants a proof first.
import { z } from 'zod'
/**
 * How a person can prove that it is them, best first. None: nothing here can show a code, and the vault has
 * no passphrase.
 */
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
export const openWindowResponseSchema = z.object({
  data: z.union([z.object({ url: z.string() }), z.object({ shown: z.literal(true) })]),
})
