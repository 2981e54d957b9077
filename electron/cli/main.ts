// `keyway` as a program. Everything it does goes through the local API, with an app key like any other app.
import { runCommandLine } from './program.ts'
import { describeFailure } from './context.ts'
import { say, unwritable } from './output.ts'

const environment = { ...process.env }
// A browser that is opened and a file that is applied have no business with the key.
delete process.env['KEYWAY_KEY']

// What cannot be written ends the command in a sentence, whichever command it is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const failure = describeFailure(unwritable(error))
  say(process.stderr, failure.text)
  // `keyway … | grep -q`: the reader has had enough, which is no failure.
  process.exit(error.code === 'EPIPE' ? 0 : failure.exit)
})
// Where not even that can be said, the exit code still tells.
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
  // Most commands never look at it, and opening it takes time.
  get stdin() {
    stdinUsed = true
    return process.stdin
  },
}
void runCommandLine(process.argv.slice(2), processTerminal).then((code) => {
  process.exitCode = code
  // Whoever feeds it may not be done, though the answer is there.
  if (stdinUsed) process.stdin.destroy()
})
