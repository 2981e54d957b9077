import { EventEmitter } from 'node:events'
import type { Notification, NotificationConstructorOptions } from 'electron'
import { createEvent } from '../electron-event.ts'
import { strict } from '../strict.ts'

/** Nothing is shown; the recorder keeps what would have been. */
export function createNotificationClass(): typeof Notification {
  class StandInNotification extends EventEmitter {
    title: string
    subtitle: string
    body: string
    silent: boolean
    urgency: string
    actions: NotificationConstructorOptions['actions']

    static isSupported(): boolean {
      return true
    }

    constructor(options: NotificationConstructorOptions = {}) {
      super()
      this.title = options.title ?? ''
      this.subtitle = options.subtitle ?? ''
      this.body = options.body ?? ''
      this.silent = options.silent === true
      this.urgency = options.urgency ?? 'normal'
      this.actions = options.actions ?? []
      return strict('Notification', this)
    }

    show(): void {
      this.emit('show', createEvent())
    }

    close(): void {
      this.emit('close', createEvent())
    }
  }
  return strict('Notification', StandInNotification) as unknown as typeof Notification
}
