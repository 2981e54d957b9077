/** The two IPC channels between window and main process; shared/contract/ui-api.ts defines the messages. */
export const CALL_CHANNEL = 'keyway:call'
export const EVENT_CHANNEL = 'keyway:event'

/** Origin of the window's bundle. It has its own, so that cookies, storage and CSP apply to it alone. */
export const APP_SCHEME = 'app'
export const APP_ORIGIN = 'app://keyway'
/** Scheme of redirect URIs and of links into the window. */
export const LINK_SCHEME = 'keyway'
