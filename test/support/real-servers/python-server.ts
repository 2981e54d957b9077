// Authorization servers in Python, as programs of their own: started with their first line read, and ended
// with the test.
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { findProgram } from '../../../scripts/machine/find-program.ts'

/** The Python that has these modules: that of the system, or the first on PATH; null if there is none. */
export function pythonWith(modules: readonly string[]): string | null {
  const found = ['/usr/bin/python3', findProgram('python3') ?? '/usr/bin/python3']
  return found.find((python) => hasModules(python, modules)) ?? null
}

function hasModules(python: string, modules: readonly string[]): boolean {
  try {
    execFileSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Starts a script of this folder and returns the address that it prints. */
export async function startPython(python: string, script: string, args: readonly string[]): Promise<string> {
  const child = spawn(python, [join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done === true) throw new Error(`${script} ended: ${said.slice(-2000)}`)
  return first.value
}
