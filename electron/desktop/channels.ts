/** The two channels between window and main; what passes is named in shared/contract/ui-api.ts. */
export const CALL_CHANNEL = 'keyway:call'
export const EVENT_CHANNEL = 'keyway:event'

/** Where the window's bundle is served from: its own origin, so that cookies, storage and CSP are its own. */
export const APP_SCHEME = 'app'
export const APP_ORIGIN = 'app://keyway'
/** Where a provider may send the browser home to, and what links into the window are made of. */
export const LINK_SCHEME = 'keyway'
