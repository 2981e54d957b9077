import type { UiCallName } from './ui-api.ts'

/**
 * `required unless reducing`: some inputs of the call only remove rights. electron/core/ui/dispatch.ts
 * decides which.
 */
export type PresenceMark = 'required' | 'required unless reducing' | 'not required'

/** Each call of the window and whether it requires presence. */
export const presenceMarks = {
  'snapshot.get': 'not required',
  'presence.state': 'not required',
  'presence.showCode': 'not required',
  'presence.prove': 'not required',
  'vault.initialise': 'required',
  // A passphrase is itself a proof. A keychain needs one, because it opens for any program.
  'vault.unlock': 'required unless reducing',
  'vault.lock': 'not required',
  'vault.changePassphrase': 'required',
  'vault.migrate': 'required',
  // Possible only while locked. It gives no right and can be undone by hand.
  'vault.startOver': 'not required',
  'presets.list': 'not required',
  'providers.create': 'required',
  'providers.update': 'required',
  // Shows a key that the person registers at the provider.
  'providers.newClientKey': 'required',
  'providers.remove': 'not required',
  'providers.redirectPlan': 'not required',
  // May register a client at the server.
  'providers.discover': 'required unless reducing',
  'providers.doctor': 'not required',
  'providers.export': 'not required',
  'providers.import': 'required',
  'providers.readForeign': 'not required',
  'connections.connect': 'required',
  // Apps select connections by account name, so a name or a default decides which token an app receives.
  'connections.rename': 'required',
  'connections.setDefault': 'required',
  'connections.refresh': 'not required',
  // Shows data of the account.
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
  // An outside change becomes effective, or is no longer shown.
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
