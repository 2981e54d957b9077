import type { UiCallName } from './ui-api.ts'

/**
 * `required unless reducing`: some inputs of the call only take a right away; shared/domain/presence-rule.ts
 * tells which.
 */
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
