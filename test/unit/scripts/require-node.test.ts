import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readProjectFile } from '../architecture/source-tree.ts'
import { root } from '../../../scripts/build/parts.ts'

const script = join(root, 'scripts', 'require-node.mjs')

/** Runs the check as if Node had this version. */
function runAs(version: string): { status: number | null; stderr: string } {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' }); await import('${script}')`
  return spawnSync(process.execPath, ['--input-type=module', '--eval', pretend], { encoding: 'utf8' })
}

test.each(['18.20.0', '20.20.2', '22.17.9'])('Node %s is told in one sentence what to do', (version) => {
  const { status, stderr } = runAs(version)
  expect(status).toBe(1)
  expect(stderr.trim()).toMatch(
    new RegExp(`this is ${version.replaceAll('.', '\\.')}: run "npm rebuild node"[^\\n]*$`),
  )
})

test.each(['22.18.0', '24.21.0', '25.0.0'])('Node %s passes without a word', (version) => {
  expect(runAs(version)).toMatchObject({ status: 0, stderr: '' })
})

test('every npm script that runs TypeScript asks first', () => {
  const { scripts } = JSON.parse(readProjectFile('package.json')) as { scripts: Record<string, string> }
  const unguarded = Object.entries(scripts).filter(
    ([, command]) =>
      /\.ts\b|vitest|playwright/.test(command) && !command.startsWith('node scripts/require-node.mjs && '),
  )
  expect(unguarded).toEqual([])
})
