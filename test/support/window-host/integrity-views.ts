import type { IntegrityView } from '../../../shared/contract/integrity.ts'

/** Nothing was changed outside Keyway. */
export const INTEGRITY_SIGNED: IntegrityView = { state: 'signed', findings: [], noticesOlderFolder: true }
