import { expect, test } from 'vitest'
import { rooms, wrongImports } from './import-rules.ts'
import { importsOf, sourceFiles } from './source-tree.ts'

test('imports point one way: contract, domain, core, http, hosts; Electron only in desktop and preload', () => {
  const files = sourceFiles(['electron', 'renderer', 'shared']).filter(({ path }) => !path.endsWith('.d.ts'))
  const counted = rooms.filter(({ folder }) => files.some(({ path }) => path.startsWith(folder)))
  expect(counted.length, 'rooms that hold files').toBeGreaterThan(8)
  expect(files.flatMap(wrongImports)).toEqual([])
})

test.each([
  ['static', "import { app } from 'electron'"],
  ['types only', "import type { App } from 'electron'"],
  ['re-exported', "export { app } from 'electron'"],
  ['dynamic', "const electron = await import('electron')"],
  ['in a type', "export type A = import('electron').App"],
  ['required', "const electron = require('electron')"],
  ['for its effects', "import 'electron/main'"],
])('an import that is %s is seen', (_, text) => {
  expect(wrongImports({ path: 'electron/core/made-up.ts', text })).toHaveLength(1)
  expect(wrongImports({ path: 'electron/desktop/made-up.ts', text })).toEqual([])
})

test.each([
  ['electron/core/vault/made-up.ts', "import '../../http/listen.ts'"],
  ['electron/core/made-up.ts', "import '../desktop/window.ts'"],
  ['electron/http/routes/made-up.ts', "import '../../headless/main.ts'"],
  ['electron/http/made-up.ts', "import { test } from '../../test/support/fake-clock.ts'"],
  ['electron/cli/made-up.ts', "import '../core/ports.ts'"],
  ['shared/contract/made-up.ts', "import '../domain/expiry.ts'"],
  ['shared/domain/made-up.ts', "import { join } from 'node:path'"],
  ['shared/domain/made-up.ts', "import { join } from 'path'"],
  ['renderer/features/made-up.tsx', "import '../../electron/core/ports.ts'"],
  ['renderer/components/made-up.tsx', "import '../stores/connections.ts'"],
  ['renderer/stores/made-up.ts', "import { readFile } from 'node:fs/promises'"],
  ['electron/made-up.ts', ''],
])('%s may not say %s', (path, text) => {
  expect(wrongImports({ path, text })).toHaveLength(1)
})

test('a path is resolved from the file that names it, and packages keep their names', () => {
  const text = "import { z } from 'zod'\nimport { a } from '../a.ts'\nimport b from './b.svg?raw'"
  expect(importsOf({ path: 'renderer/lib/made-up.ts', text })).toEqual([
    { kind: 'module', name: 'zod' },
    { kind: 'file', name: 'renderer/a.ts' },
    { kind: 'file', name: 'renderer/lib/b.svg' },
  ])
})
