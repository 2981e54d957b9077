import type { IntegrityView } from '../../../shared/contract/integrity.ts'

/** Nothing was changed outside Keyway. */
export const INTEGRITY_SIGNED: IntegrityView = { state: 'signed', findings: [], noticesOlderFolder: true }

/** A folder that an earlier version left, and nobody has looked at yet. */
export const INTEGRITY_TO_CONFIRM: IntegrityView = {
  state: 'to_confirm',
  findings: [],
  noticesOlderFolder: false,
}

/** A provider that was pointed elsewhere, an app that came from nowhere, and a log that was cut. */
export const integrityFound = (now: number): IntegrityView => ({
  state: 'signed',
  noticesOlderFolder: true,
  findings: [
    {
      id: 'providers:prv_1',
      kind: 'provider',
      how: 'changed',
      subject: 'Acme ERP',
      message: 'The provider “Acme ERP” was changed outside Keyway.',
      changes: [
        {
          field: 'spec.endpoints.token',
          before: 'https://login.acme.example/oauth/token',
          after: 'https://login.acme-login.example/oauth/token',
        },
        { field: 'allowedHosts', before: null, after: '["files.elsewhere.example"]' },
      ],
      canRestore: true,
      foundAt: now,
    },
    {
      id: 'apps:app_x',
      kind: 'app',
      how: 'added',
      subject: 'Backup helper',
      message: 'The app “Backup helper” was added outside Keyway.',
      changes: [
        { field: 'keys', before: null, after: '1 key' },
        { field: 'manage', before: null, after: 'true' },
      ],
      canRestore: true,
      foundAt: now,
    },
    {
      id: 'log',
      kind: 'log',
      how: 'changed',
      subject: 'Activity',
      message:
        'The log went to entry 1,204, and the note of how far it goes is missing; entries may have been cut off or written anew.',
      changes: [],
      canRestore: false,
      foundAt: now,
    },
  ],
})
