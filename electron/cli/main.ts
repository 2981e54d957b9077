// `keyway` as a program. Everything it does goes through the local API, with an app key like any other app.
import { runCommandLine } from './run-command-line.ts'

const environment = { ...process.env }
// A browser that is opened and a file that is applied have no business with the key.
delete process.env['KEYWAY_KEY']

// `keyway … | head`: the reader has had enough, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

let stdinUsed = false
const terminal = {
  environment,
  stdout: process.stdout,
  stderr: process.stderr,
  // Most commands never look at it, and opening it takes time.
  get stdin() {
    stdinUsed = true
    return process.stdin
  },
}
void runCommandLine(process.argv.slice(2), terminal).then((code) => {
  process.exitCode = code
  // Whoever feeds it may not be done, though the answer is there.
  if (stdinUsed) process.stdin.destroy()
})
