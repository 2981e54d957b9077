// How every script ends: with an exit code, and on failure with one line instead of a stack trace.
import { z } from 'zod'
import { ignoreClosedOutput } from '../../electron/headless/terminal.ts'

/** Runs a script's body; its result is the exit code. An error is printed as one line, with exit code 1. */
export async function runScript(body: () => Promise<number>): Promise<void> {
  ignoreClosedOutput(process.stdout, process.stderr)
  try {
    process.exitCode = await body()
  } catch (error) {
    console.error(oneLine(error))
    process.exitCode = 1
  }
}

export function oneLine(error: unknown): string {
  if (error instanceof z.ZodError) return error.issues.map(({ message }) => message).join(' ')
  if (error instanceof Error) return error.message
  return String(error)
}
