// Starts a desktop program detached. A failure is returned, not thrown.
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Clock } from '../ports.ts'

export type Command = { program: string; parameters: readonly string[] }

export type ProgramDeps = {
  clock: Clock
  environment: Readonly<Record<string, string | undefined>>
}

/** A program that is still running after this time counts as started. Milliseconds. */
const SETTLED_AFTER_MS = 3_000

/** Null if it was started, else the reason. */
export function startProgram(
  { program, parameters }: Command,
  { clock, environment }: ProgramDeps,
): Promise<string | null> {
  if (!isThere(program, environment)) return Promise.resolve(`${program} is not installed.`)
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { stdio: 'ignore', detached: true, env: { ...environment } })
    const settle = (failure: string | null): void => {
      stopWaiting()
      resolve(failure)
    }
    const stopWaiting = clock.after(SETTLED_AFTER_MS, () => settle(null))
    child.once('error', (error) => settle(`${program} could not be started: ${error.message}`))
    child.once('exit', (code) =>
      settle(code === 0 ? null : `${program} gave up (exit code ${code ?? 'none'}).`),
    )
    child.unref()
  })
}

function isThere(program: string, environment: ProgramDeps['environment']): boolean {
  if (process.platform === 'win32') return true
  const places = isAbsolute(program)
    ? [program]
    : (environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program))
  return places.some((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
