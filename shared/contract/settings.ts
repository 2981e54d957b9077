import { z } from 'zod'
import './issue-words.ts'
import { patchOf } from './slug.ts'

/** Shown in place of a password that is kept. Given back unchanged, the password stays. */
export const PASSWORD_MASK = '••••••'

/** The person's settings. Each name states the unit of its time. */
export const settings = z.strictObject({
  port: z.number().int().min(1024).max(65_535).default(7317),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  startAtLogin: z.boolean().default(false),
  notifications: z.boolean().default(true),
  /** Minimum time between two reminders about the same connection. */
  reminderMinutes: z.number().int().min(1).max(1440).default(15),
  /** 0: never. */
  autoLockMinutes: z.number().int().min(0).max(1440).default(0),
  activityDays: z.number().int().min(1).max(3650).default(90),
  /**
   * For every outgoing request: `host:port`, or an http, https or SOCKS address; null: HTTP(S)_PROXY,
   * ALL_PROXY and NO_PROXY from the environment. A password before the host is encrypted; `PASSWORD_MASK`
   * stands for it.
   */
  proxyUrl: z
    .string()
    .max(2000)
    .regex(
      /^(?:(?:https?|socks(?:4a?|5h?)?):\/\/)?(?:[^\s/@?#]+@)?(?:[^\s/@?#:[\]]+|\[[0-9a-f:.]+\])(?::\d{1,5})?\/?$/i,
      'An address such as http://proxy.example.com:8080, user:password@proxy.example.com:8080 or socks5://127.0.0.1:1080',
    )
    .nullable()
    .default(null),
  /** PEM certificate authorities to trust in addition to the system's. */
  extraCa: z.string().max(500_000).nullable().default(null),
  /** UNIX socket (named pipe on Windows) in addition to the port. */
  socketDoor: z.boolean().default(true),
})
export type Settings = z.output<typeof settings>
export const settingsPatch = patchOf(settings)
export type SettingsPatch = z.output<typeof settingsPatch>

/**
 * Id of an installed browser, as returned by `browsers.list`. If it is gone, the system's default is used.
 */
export const browserId = z.string().min(1).max(500)

/** A browser on the machine that Keyway runs on. */
export type InstalledBrowser = { id: string; name: string }

/**
 * Shown to the person before anything is saved; `text` is all that is saved. Holds no secret; see
 * SECURITY.md.
 */
export type Diagnostics = {
  fileName: string
  /** JSON, indented. */
  text: string
  /** Sentences that state what it contains and what not. */
  summary: string[]
}

/** The history of one connection, redacted, for the support of a provider or an app. */
export type SupportReport = { fileName: string; text: string }
