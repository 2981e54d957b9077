// What the window shows of changes that were made outside Keyway, and what the person may decide about them.
import { z } from 'zod'

/** One member of an entry, in words that hold no secret. Null: it is not there. */
export type IntegrityChange = { field: string; before: string | null; after: string | null }

export type IntegrityFinding = {
  id: string
  kind: 'provider' | 'app' | 'setting' | 'connection' | 'log' | 'manifest' | 'older_folder'
  how: 'added' | 'changed' | 'older' | 'missing'
  /** Name of what was changed. */
  subject: string
  message: string
  changes: IntegrityChange[]
  /**
   * There is a copy that Keyway vouches for: it can be put back (or, for what was added, the addition
   * removed).
   */
  canRestore: boolean
  /** Epoch ms. */
  foundAt: number
}

export type IntegrityView = {
  /**
   * `to_confirm`: everything is recorded, and the person has not yet looked at it. `off`: there is no vault,
   * or no folder.
   */
  state: 'off' | 'locked' | 'to_confirm' | 'signed'
  findings: IntegrityFinding[]
  /**
   * Whether an older copy of the whole folder would be noticed: only a keychain remembers what the folder
   * cannot.
   */
  noticesOlderFolder: boolean
}

/**
 * `use`: the change is the person's own. `restore`: back to what Keyway last recorded. Until then it stays
 * blocked.
 */
export const integrityDecision = z.strictObject({
  id: z.string().min(1).max(200),
  decision: z.enum(['use', 'restore']),
})
export type IntegrityDecision = z.output<typeof integrityDecision>
