// Changes that were made outside Keyway, as the window shows them, and the person's decisions about them.
import { z } from 'zod'

/** One member of an entry, as text without secrets. Null: absent. */
export type IntegrityChange = { field: string; before: string | null; after: string | null }

export type IntegrityFinding = {
  id: string
  kind: 'provider' | 'app' | 'setting' | 'connection' | 'log' | 'manifest' | 'older_folder'
  how: 'added' | 'changed' | 'older' | 'missing'
  /** Name of the changed entry. */
  subject: string
  message: string
  changes: IntegrityChange[]
  /** A verified copy exists: it can be restored. For an added entry: the addition can be removed. */
  canRestore: boolean
  /** Epoch ms. */
  foundAt: number
}

export type IntegrityView = {
  /**
   * `to_confirm`: everything is recorded, and the person has not reviewed it yet. `off`: there is no vault or
   * no folder.
   */
  state: 'off' | 'locked' | 'to_confirm' | 'signed'
  findings: IntegrityFinding[]
  /**
   * Whether an older copy of the whole folder would be detected. Only a keychain stores what is needed for
   * that outside the folder.
   */
  noticesOlderFolder: boolean
}

/**
 * `use`: the person made the change. `restore`: return to what Keyway last recorded. The entry stays blocked
 * until the decision.
 */
export const integrityDecision = z.strictObject({
  id: z.string().min(1).max(200),
  decision: z.enum(['use', 'restore']),
})
export type IntegrityDecision = z.output<typeof integrityDecision>
