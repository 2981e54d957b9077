// The host's own arguments. Nothing secret is ever among them: a passphrase comes on standard input.
import { Command, CommanderError } from 'commander'
import { z } from 'zod'
import { KeywayError } from '../../shared/contract/errors.ts'

const digits = z
  .string()
  .regex(/^\d{1,5}$/, 'A port is a number.')
  .transform(Number)
  .pipe(z.int().max(65_535, 'A port is at most 65535.'))

const commandLine = z.strictObject({
  /** 0: any free one. Absent: the one in the settings. */
  port: digits.optional(),
  data: z.string().min(1, 'A folder is needed.').optional(),
  open: z.boolean(),
  passphraseStdin: z.boolean().default(false),
  logLevel: z.enum(['debug', 'info', 'warn', 'error'], 'One of debug, info, warn, error.').default('info'),
})
export type CommandLine = z.output<typeof commandLine>

/** What to run with, or what to print and leave: help, the version. */
export type Asked = { kind: 'run'; options: CommandLine } | { kind: 'print'; text: string }

/** @throws KeywayError `invalid_request` naming the argument and what is allowed. */
export function readCommandLine(argv: readonly string[], version: string): Asked {
  let printed = ''
  const command = describe(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => (printed += text), writeErr: () => undefined })
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text: printed.trimEnd() }
    throw refused(sentence(error.message.replace(/^error: /, '')), error)
  }
  const parsed = commandLine.safeParse(command.opts())
  if (parsed.success) return { kind: 'run', options: parsed.data }
  const issue = parsed.error.issues[0]
  throw refused(`--${kebab(String(issue?.path[0]))}: ${issue?.message}`, parsed.error)
}

function describe(version: string): Command {
  return new Command('keyway')
    .description('Keyway without Electron: the local server, with the window in your browser.')
    .option(
      '--port <number>',
      'listen on this port of 127.0.0.1 (0: any free one; default: the setting, 7317)',
    )
    .option(
      '--data <folder>',
      'keep everything in this folder (default: KEYWAY_DATA, or your application data)',
    )
    .option('--no-open', 'print the address of the window and open no browser')
    .option(
      '--passphrase-stdin',
      'unlock (the first time: make) the vault with the first line of standard input',
    )
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .version(version)
    .allowExcessArguments(false)
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const sentence = (words: string): string =>
  `${words.charAt(0).toUpperCase()}${words.slice(1)}`.replace(/[^.]$/, '$&.')

const refused = (message: string, cause: unknown): KeywayError =>
  new KeywayError('invalid_request', {
    message,
    nextStep: '--help lists what can be said.',
    cause,
  })
