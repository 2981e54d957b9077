// The host's arguments. None of them is secret: a passphrase is read from standard input.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_PORT } from '../../shared/domain/redirect-uri.ts'
import { Command, CommanderError } from 'commander'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { LogLevel } from '../core/logging/logger.ts'

export type CommandLine = {
  /** 0: any free port. Absent: the port in the settings. */
  port?: number
  data?: string
  open: boolean
  passphraseStdin: boolean
  logLevel: LogLevel
}

/** The options to run with, or text to print before exiting: help, the version. */
export type HeadlessCommand = { kind: 'run'; options: CommandLine } | { kind: 'print'; text: string }

/** @throws KeywayError `invalid_request` that names the argument and its allowed values. */
export function readCommandLine(argv: readonly string[], version: string): HeadlessCommand {
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
  return { kind: 'run', options: optionsOf(command.opts()) }
}

/**
 * The options from commander, validated by hand: the schema library would take a third of the time before
 * Keyway listens.
 */
type Found = { port?: string; data?: string; open: boolean; passphraseStdin?: boolean; logLevel: string }

function optionsOf({ port, data, open, passphraseStdin = false, logLevel }: Found): CommandLine {
  if (data === '') throw refused('--data: A folder is needed.')
  return {
    ...(port === undefined ? {} : { port: portOf(port) }),
    ...(data === undefined ? {} : { data }),
    open,
    passphraseStdin,
    logLevel: levelOf(logLevel),
  }
}

function portOf(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw refused('--port: A port is a number.')
  const port = Number(text)
  if (port > 65_535) throw refused('--port: A port is at most 65535.')
  return port
}

function levelOf(text: string): LogLevel {
  const level = (['debug', 'info', 'warn', 'error'] as const).find((each) => each === text)
  if (level === undefined) throw refused('--log-level: One of debug, info, warn, error.')
  return level
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

const sentence = (words: string): string =>
  `${words.charAt(0).toUpperCase()}${words.slice(1)}`.replace(/[^.]$/, '$&.')

const refused = (message: string, cause?: unknown): KeywayError =>
  new KeywayError('invalid_request', {
    message,
    nextStep: '--help lists what can be said.',
    cause,
  })

/**
 * The port in the settings, read before the settings store is loaded. Used only to listen early: when the
 * settings turn out to differ, Keyway listens on their port.
 */
export function rememberedPort(dataFolder: string): number {
  try {
    const settings: unknown = JSON.parse(readFileSync(join(dataFolder, 'settings.json'), 'utf8'))
    const port =
      typeof settings === 'object' && settings !== null && 'port' in settings ? settings.port : null
    return typeof port === 'number' && Number.isInteger(port) && port >= 1024 && port <= 65_535
      ? port
      : DEFAULT_PORT
  } catch {
    // Missing or corrupted settings are reported later in the start.
    return DEFAULT_PORT
  }
}
