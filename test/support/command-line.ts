// The command line as a person runs it, in this process: what it prints, and how it ends.
import { PassThrough } from 'node:stream'
import { runCommandLine } from '../../electron/cli/program.ts'

type Ran = { exit: number; out: string; err: string }

type CommandOptions = {
  url?: string
  key?: string
  environment?: Record<string, string>
  input?: string
  /** Standard output is a terminal. */
  tty?: boolean
  /** Called with standard error so far. */
  onError?: (text: string) => void
  /** Called with standard output so far. */
  onOutput?: (text: string) => void
}

export async function runKeyway(argv: readonly string[], options: CommandOptions = {}): Promise<Ran> {
  const { url, key, environment = {}, input, tty, onError, onOutput } = options
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const said = { out: '', err: '' }
  stdout.on('data', (chunk) => {
    said.out += String(chunk)
    onOutput?.(said.out)
  })
  stderr.on('data', (chunk) => {
    said.err += String(chunk)
    onError?.(said.err)
  })
  stdin.end(input ?? '')
  const exit = await runCommandLine(argv, {
    environment: {
      ...(url === undefined ? {} : { KEYWAY_URL: url }),
      ...(key === undefined ? {} : { KEYWAY_KEY: key }),
      ...environment,
    },
    stdin,
    stdout: Object.assign(stdout, { isTTY: tty === true }),
    stderr,
  })
  return { exit, ...said }
}
