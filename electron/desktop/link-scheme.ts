// keyway:// addresses. They are offered as a way home only after the system itself has said that it would hand them to this Keyway;
// a registration that looks done and leads nowhere is the most common fault of such addresses on Linux.
import type { App } from 'electron'
import type { Logger } from '../core/ports.ts'
import { LINK_SCHEME } from './channels.ts'
import { desktopEntry } from './linux/desktop-entry.ts'
import { LINKS_ENTRY, linksFile, writeEntry, type Homes } from './linux/entry-file.ts'
import type { AskProgram } from './linux/ask-program.ts'

export type LinkScheme = {
  /** Whether keyway:// addresses arrive here; false until that is known. */
  works(): boolean
  /** Resolves when it is known. Never rejects. */
  readonly settled: Promise<void>
}

export type LinkSchemeDeps = Homes & {
  app: Pick<App, 'isDefaultProtocolClient' | 'isPackaged' | 'setAsDefaultProtocolClient'>
  platform: NodeJS.Platform
  command: readonly string[]
  ask: AskProgram
  /** The log is opened later than this. */
  logger: () => Logger | null
}

/** A checkout leaves the system's registrations alone. */
export function registerLinkScheme(deps: LinkSchemeDeps): LinkScheme {
  let works = false
  const settled = !deps.app.isPackaged
    ? Promise.resolve()
    : register(deps).then(
        (registered) => {
          works = registered
        },
        (error: unknown) => deps.logger()?.warn('keyway:// addresses could not be registered', { error }),
      )
  return { works: () => works, settled }
}

async function register({ app, platform, ask, command, ...homes }: LinkSchemeDeps): Promise<boolean> {
  if (platform !== 'linux')
    return app.setAsDefaultProtocolClient(LINK_SCHEME) && app.isDefaultProtocolClient(LINK_SCHEME)
  const type = `x-scheme-handler/${LINK_SCHEME}`
  const lines = ['NoDisplay=true', `MimeType=${type};`]
  writeEntry(linksFile(homes), desktopEntry({ command, fieldCode: '%u', lines }))
  if ((await ask('xdg-mime', ['query', 'default', type])) === LINKS_ENTRY) return true
  await ask('xdg-mime', ['default', LINKS_ENTRY, type])
  return (await ask('xdg-mime', ['query', 'default', type])) === LINKS_ENTRY
}
