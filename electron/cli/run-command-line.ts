import { CommanderError } from 'commander'
import { describeFailure } from './failure.ts'
import { describeProgram } from './program.ts'
import { refused } from './read-arguments.ts'
import { say, type Terminal } from './terminal.ts'

/** Does what the arguments say; resolves with the exit code, which is one of shared/contract/error-table.ts. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exit = 0
  try {
    const program = describeProgram(terminal, (code) => (exit = code))
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const failure = describeFailure(
      error instanceof CommanderError ? refused(sentence(error.message)) : error,
    )
    if (argv.includes('--json')) say(terminal.stdout, failure.json)
    say(terminal.stderr, failure.text)
    return failure.exit
  }
}

/** The parser's message without its prefix. It quotes what was typed, and a value that was typed may be a secret. */
function sentence(message: string): string {
  const [first = ''] = message.replace(/^error: /, '').split('\n')
  const text = first.replace(/^(unknown option '[^'=]*)=.*$/, "$1'")
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`
}
