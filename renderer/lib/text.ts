// All text of the window, by area; ready for translation. Sentences of Keyway's core (failures, notes) come
// from the core.
import { isolated } from '../../shared/contract/name.ts'
import { appsText } from './text/apps.ts'
import { activityText } from './text/activity.ts'
import { addText } from './text/add.ts'
import { approvalText, vaultText } from './text/vault.ts'
import { commonText, linkText, paletteText, shellText } from './text/shell.ts'
import { connectionText } from './text/connections.ts'
import { integrityText } from './text/integrity.ts'
import { importText, moveText } from './text/move.ts'
import { presenceText } from './text/presence.ts'
import { providerText } from './text/providers.ts'
import { practiceText } from './text/practice.ts'
import { settingsText } from './text/settings.ts'
import { signInText } from './text/sign-in.ts'

export const text = isolatingText({
  activity: activityText,
  add: addText,
  apps: appsText,
  approval: approvalText,
  common: commonText,
  connections: connectionText,
  import: importText,
  integrity: integrityText,
  link: linkText,
  move: moveText,
  palette: paletteText,
  presence: presenceText,
  providers: providerText,
  practice: practiceText,
  settings: settingsText,
  shell: shellText,
  signIn: signInText,
  vault: vaultText,
} as const)

/** Names and other text from elsewhere are inserted by these functions, so they are isolated (bidi) here. */
function isolatingText<Words>(words: Words): Words {
  if (typeof words === 'function') {
    const say = words as unknown as (...given: unknown[]) => unknown
    const apart = (...given: unknown[]): unknown =>
      say(...given.map((each) => (typeof each === 'string' ? isolated(each) : each)))
    return apart as unknown as Words
  }
  if (typeof words !== 'object' || words === null || Array.isArray(words)) return words
  return Object.fromEntries(Object.entries(words).map(([key, each]) => [key, isolatingText(each)])) as Words
}
