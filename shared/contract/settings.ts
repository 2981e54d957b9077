import { z } from 'zod'
import './issue-words.ts'
import { patchOf } from './patch-of.ts'

/** What the person may change. Times in the named unit. */
export const settings = z.strictObject({
  port: z.number().int().min(1024).max(65_535).default(7317),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  startAtLogin: z.boolean().default(false),
  notifications: z.boolean().default(true),
  /** Least time between two reminders about the same connection. */
  reminderMinutes: z.number().int().min(1).max(1440).default(15),
  /** 0: never. */
  autoLockMinutes: z.number().int().min(0).max(1440).default(0),
  activityDays: z.number().int().min(1).max(3650).default(90),
  /** http(s)://host:port for every outgoing request; null: HTTP(S)_PROXY from the environment. */
  proxyUrl: z
    .string()
    .regex(/^https?:\/\/[^\s/@?#]+\/?$/, 'An address such as http://proxy.example.com:8080')
    .nullable()
    .default(null),
  /** PEM certificate authorities to trust beside the system's. */
  extraCa: z.string().max(500_000).nullable().default(null),
  /** UNIX socket (named pipe on Windows) beside the port. */
  socketDoor: z.boolean().default(true),
})
export type Settings = z.output<typeof settings>
export const settingsPatch = patchOf(settings)
export type SettingsPatch = z.output<typeof settingsPatch>
