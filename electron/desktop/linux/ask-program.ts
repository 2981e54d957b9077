import { execFile } from 'node:child_process'

/** What a program prints, trimmed; null when it is missing, fails or takes too long. */
export type AskProgram = (program: string, parameters: readonly string[]) => Promise<string | null>

const LIMIT_MS = 3_000

export const askProgram: AskProgram = (program, parameters) =>
  new Promise((resolve) => {
    execFile(program, [...parameters], { timeout: LIMIT_MS, encoding: 'utf8' }, (error, output) =>
      resolve(error === null ? output.trim() : null),
    )
  })
