// Commands, options and help texts of the command line. A command's code is loaded when it runs, so that each
// starts fast.
import { CommanderError, Command } from 'commander'
import { invalidArguments } from './arguments.ts'
import { describeFailure, createContext, type RunCommand } from './context.ts'
import { say, type Terminal } from './output.ts'
import manifest from '../../package.json' with { type: 'json' }
const EXITS =
  'Exit codes: 0 done, 2 wrong arguments, 3 not allowed, 4 not found, 10 a person must sign in, 11 vault locked,\n' +
  '12 the provider or its setup, 13 try again later, 14 this machine, 1 anything else. docs/errors.md has each code.'

export function describeProgram(terminal: Terminal, onExit: (code: number) => void): Command {
  const program = new Command('keyway')
    .description('Tokens and API requests from the Keyway that runs on this machine.')
    .option('--json', 'print JSON, also for failures')
    .option('--key-stdin', 'read the app key from the first line of standard input')
    .version(manifest.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: () => undefined,
    })
    .addHelpText(
      'after',
      `\nThe app key is taken from KEYWAY_KEY, the address from KEYWAY_URL (default http://127.0.0.1:7317).\n${EXITS}`,
    )
  /** `names`: the names of the positional arguments in the command's input. */
  const running =
    (names: readonly string[], load: () => Promise<RunCommand>) =>
    async (...given: unknown[]): Promise<void> => {
      const command = given.at(-1) as Command
      const options = command.optsWithGlobals()
      const { json = false, keyStdin = false, ...rest } = options
      const named = Object.fromEntries(names.map((name, index) => [name, given[index]]))
      const run = await load()
      onExit(await run(createContext(terminal, { json, keyStdin }), { ...rest, ...named }))
    }
  describeUse(program, running)
  describeConnecting(program, running)
  describeApprovals(program, running)
  describeProviders(program, running)
  return program
}

type Running = (
  names: readonly string[],
  load: () => Promise<RunCommand>,
) => (...given: unknown[]) => Promise<void>

const ACCOUNT = ['--account <name>', 'which account, when several are connected'] as const

function describeUse(program: Command, running: Running): void {
  program
    .command('token <provider>')
    .description('print a token that works right now')
    .option(...ACCOUNT)
    .option('--min-valid <seconds>', 'it must still be good for this long')
    .option('--scopes <list>', 'all of these must be granted')
    .option('--header', 'print the whole header line that carries it')
    .action(running(['provider'], async () => (await import('./commands/token.ts')).token))
  program
    .command('request <provider> <method> <path>')
    .description('send an API request through Keyway and stream the answer')
    .option(...ACCOUNT)
    .option('-H, --header <line>', 'a header, "name: value"; may come several times', gather, [])
    .option(
      '-d, --data <data>',
      'the body: text, @file, or - for standard input (JSON unless -H says otherwise)',
    )
    .option('-i, --include', 'print the status and headers of the answer first')
    .action(
      running(['provider', 'method', 'path'], async () => (await import('./commands/token.ts')).request),
    )
  program
    .command('whoami')
    .description('what this key is and may do')
    .action(running([], async () => (await import('./commands/service.ts')).whoami))
  program
    .command('open')
    .description('open the window of the running Keyway in your browser; needs no key')
    .option(
      '--data <folder>',
      'the data folder of the Keyway (default: KEYWAY_DATA, or your application data)',
    )
    .option('--print', 'only print the link')
    .action(running([], async () => (await import('./commands/service.ts')).open))
  program
    .command('status')
    .description('whether Keyway answers, and whether its vault is unlocked; needs no key')
    .action(running([], async () => (await import('./commands/service.ts')).status))
}

function describeConnecting(program: Command, running: Running): void {
  program
    .command('connections')
    .description('what is connected, and how it is')
    .action(running([], async () => (await import('./commands/connections.ts')).connections))
  program
    .command('connect <provider>')
    .description('get a link to sign in with, and wait until that is done')
    .option('--account <name>', 'the name of the connection; connects it again when it exists')
    .option('--scopes <list>', 'further scopes to ask for')
    .option('--open', 'open the link in the browser (the default at a terminal)')
    .option('--no-open', 'only print it')
    .option('--no-wait', 'do not wait for the person')
    .action(running(['provider'], async () => (await import('./commands/connections.ts')).connect))
  program
    .command('disconnect <provider>')
    .description('end a grant, and say what its revocation did')
    .option(...ACCOUNT)
    .action(
      running(['provider'], async () => (await import('./commands/connections.ts')).disconnectConnection),
    )
  program
    .command('pair <name>')
    .description('ask the person for an app key; prints it once')
    .option(
      '--for <provider>',
      'a provider whose connections it wants to use; may come several times',
      gather,
      [],
    )
    .option('--token', 'ask to be handed tokens too, not only to send requests')
    .option('--manage', 'ask to register and change providers')
    .option('--save <file>', 'write the key to a new file that only you can read, instead of printing it')
    .action(running(['name'], async () => (await import('./commands/pair.ts')).pair))
}

function describeApprovals(program: Command, running: Running): void {
  program
    .command('approvals')
    .description('what other apps wait for an answer to (wants a key that may answer for you)')
    .option('--watch', 'print each question as it comes')
    .action(running([], async () => (await import('./commands/approvals.ts')).approvals))
  program
    .command('answer <id> <decision>')
    .description('answer one: once, ten-minutes, always or deny')
    .action(running(['id', 'decision'], async () => (await import('./commands/approvals.ts')).answerApproval))
}

function describeProviders(program: Command, running: Running): void {
  program
    .command('providers')
    .description('which providers are registered (wants a key that may manage them)')
    .action(running([], async () => (await import('./commands/service.ts')).providers))
  program
    .command('apply <file>')
    .description('register or change the providers that a .ts, .js or .json file defines (runs the file)')
    .option('--dry-run', 'say what would change, and change nothing')
    .action(running(['file'], async () => (await import('./commands/apply.ts')).apply))
}

const gather = (line: string, before: string[]): string[] => [...before, line]

/**
 * Runs the command of these arguments; resolves with the exit code, which is one of
 * shared/contract/errors.ts.
 */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exit = 0
  try {
    const program = describeProgram(terminal, (code) => (exit = code))
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const failure = describeFailure(
      error instanceof CommanderError ? invalidArguments(sentence(error.message)) : error,
    )
    if (argv.includes('--json')) say(terminal.stdout, failure.json)
    say(terminal.stderr, failure.text)
    return failure.exit
  }
}

/** The parser's message without its prefix and without the typed value, which may be a secret. */
function sentence(message: string): string {
  const [first = ''] = message.replace(/^error: /, '').split('\n')
  const text = first.replace(/^(unknown option '[^'=]*)=.*$/, "$1'")
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`
}
