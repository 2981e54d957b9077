import { z } from 'zod'

/** Which installed browser: the id that `browsers.list` gave. One that is gone meanwhile gives way to the system's own. */
export const browserId = z.string().min(1).max(500)

/** A browser on the machine that Keyway runs on. */
export type InstalledBrowser = { id: string; name: string }
