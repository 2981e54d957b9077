import { EventEmitter } from 'node:events'
import type { AutoUpdater } from 'electron'
import { strict } from '../strict.ts'

/** Looks for nothing and finds nothing; a spec may emit its events. */
export function createAutoUpdater(): AutoUpdater {
  let feedUrl = ''
  const emitter = new EventEmitter()
  const members = {
    getFeedURL: () => feedUrl,
    setFeedURL: (options: { url: string }) => {
      feedUrl = options.url
    },
    checkForUpdates: () => {
      emitter.emit('checking-for-update')
      emitter.emit('update-not-available')
    },
    quitAndInstall: () => {
      throw new Error('There is no update to install in the Electron stand-in.')
    },
  } satisfies Partial<AutoUpdater>
  return strict('autoUpdater', Object.assign(emitter, members))
}
