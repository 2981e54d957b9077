import { expect, test } from 'vitest'
import { sourceFiles } from './source-tree.ts'

/**
 * Who may read JSON with doubles, and why: it was written by Keyway itself, whose numbers are counts and
 * times.
 */
const ownFiles: Readonly<Record<string, string>> = {
  'electron/core/audit-log/entry.ts': 'rows of its own log',
  'electron/core/audit-log/chain.ts': 'its own file',
  'electron/core/apps/approval-queue.ts': 'a key that it made itself, all of it text',
  'electron/core/connections/store/sealed.ts': 'what it sealed itself',
  'electron/core/diagnostics/diagnostics.ts': 'rows of its own log',
  'electron/core/diagnostics/support-report.ts': 'rows of its own log',
  'electron/core/integrity/manifest.ts': 'its own file',
  'electron/core/running-service.ts': 'answers of its own service',
  'electron/core/storage/data-folder.ts': 'its own file',
  'electron/core/storage/document.ts': 'its own file',
  'electron/core/storage/records.ts': 'its own file',
  'electron/core/vault/wrapper-calls.ts': 'a copy of a value that it holds',
  'electron/headless/keyring-child.ts': 'between it and its own child process',
  'electron/headless/command-line.ts': 'its own file',
  'electron/http/window/sessions.ts': 'its own file',
  'renderer/features/providers/provider-form-values.ts': 'what the form kept, all of it typed text',
  'renderer/features/providers/redirect-step.tsx': 'a copy of a value that it holds',
  'renderer/host/events.ts': 'events of its own service',
  'renderer/host/web-host.ts': 'answers of its own service',
  'electron/cli/api.ts': 'its fetch reads with the one reader',
  'shared/domain/exact-json.ts': 'the one reader',
}

const plainReading = /\bJSON\.parse\(|\.json\(\)/

test('JSON from outside is read by the one reader that keeps every digit', () => {
  const readers = sourceFiles(['electron', 'shared', 'renderer'])
    .filter(({ text }) => plainReading.test(withoutQuoted(text)))
    .map(({ path }) => path)
  expect(readers.length).toBeGreaterThan(10)
  expect(readers.filter((path) => !Object.hasOwn(ownFiles, path))).toEqual([])
  expect(Object.keys(ownFiles).filter((path) => !readers.includes(path))).toEqual([])
})

/** `z.json()` is a schema, and a snippet for other programs is text. */
function withoutQuoted(text: string): string {
  return text.replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''").replaceAll('z.json()', '')
}
