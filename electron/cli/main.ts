// `keyway` as a program. Everything it does goes through the local API, with an app key like any other app.
import { runCommandLine } from './program.ts'
import { describeFailure } from './context.ts'
import { say, unwritable } from './output.ts'

const environment = { ...process.env }
// A browser that is opened and a file that is applied must not see the key.
delete process.env['KEYWAY_KEY']

// A failed write ends every command with a sentence.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const failure = describeFailure(unwritable(error))
  say(process.stderr, failure.text)
  // `keyway … | grep -q` closes the pipe early, which is not a failure.
  process.exit(error.code === 'EPIPE' ? 0 : failure.exit)
})
// When the sentence cannot be written either, the exit code still reports the failure.
process.stderr.on('error', () => undefined)
for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(kind, (error) => {
    const failure = describeFailure(error)
    say(process.stderr, failure.text)
    process.exit(failure.exit)
  })
}

let stdinUsed = false
const processTerminal = {
  environment,
  stdout: process.stdout,
  stderr: process.stderr,
  // Opened lazily: most commands never read it, and opening it takes time.
  get stdin() {
    stdinUsed = true
    return process.stdin
  },
}
void runCommandLine(process.argv.slice(2), processTerminal).then((code) => {
  process.exitCode = code
  // The writer may keep the pipe open although the command is done.
  if (stdinUsed) process.stdin.destroy()
})
