// Runs an installed package's program with the current Node, so that neither PATH nor a Windows shim selects
// another one.
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const manifest = z.object({ bin: z.union([z.string(), z.record(z.string(), z.string())]) })
const root = join(import.meta.dirname, '..', '..')

/** The script behind `npx <program>`. @throws Error when the package has no such program. */
export function programPath(packageName: string, program = packageName): string {
  const folder = join(root, 'node_modules', packageName)
  const { bin } = manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  const path = typeof bin === 'string' ? bin : bin[program]
  if (path === undefined) throw new Error(`${packageName} has no program "${program}".`)
  return join(folder, path)
}

/** Runs a script on this Node with this terminal; resolves with its exit code (1 when a signal ended it). */
export function runNode(
  parameters: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  return exitCodeOf(
    spawn(process.execPath, parameters, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }),
  )
}

export function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
