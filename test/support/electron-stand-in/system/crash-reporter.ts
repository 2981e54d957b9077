import type { CrashReporter } from 'electron'
import { strict } from '../strict.ts'

/** Accepts its settings and reports nothing. */
export function createCrashReporter(): CrashReporter {
  const parameters: Record<string, string> = {}
  const members = {
    start: () => {},
    getParameters: () => ({ ...parameters }),
    addExtraParameter: (key: string, value: string) => {
      parameters[key] = value
    },
    removeExtraParameter: (key: string) => {
      delete parameters[key]
    },
    getUploadToServer: () => false,
    setUploadToServer: () => {},
    getLastCrashReport: () => null,
    getUploadedReports: () => [],
  } satisfies CrashReporter
  return strict('crashReporter', members)
}
