import { expect, test } from 'vitest'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { readCommandLine } from '../../../electron/headless/command-line.ts'

test('without arguments the settings decide the port and the browser opens', () => {
  expect(readCommandLine([], '1.2.3')).toEqual({
    kind: 'run',
    options: { open: true, passphraseStdin: false, logLevel: 'info' },
  })
})

test('each argument is read', () => {
  const argv = [
    '--port',
    '7400',
    '--data',
    '/tmp/k',
    '--no-open',
    '--passphrase-stdin',
    '--log-level',
    'debug',
  ]
  expect(readCommandLine(argv, '1.2.3')).toEqual({
    kind: 'run',
    options: { port: 7400, data: '/tmp/k', open: false, passphraseStdin: true, logLevel: 'debug' },
  })
})

test('help and version are printed, not run', () => {
  expect(readCommandLine(['--version'], '1.2.3')).toEqual({ kind: 'print', text: '1.2.3' })
  const help = readCommandLine(['--help'], '1.2.3')
  expect(help.kind === 'print' && help.text).toContain('--passphrase-stdin')
})

test.each([
  [['--port', '70000'], '--port'],
  [['--port', '80x'], '--port'],
  [['--port'], '--port'],
  [['--log-level', 'loud'], '--log-level'],
  [['--data', ''], '--data'],
  [['--passphrase', 'secret'], '--passphrase'],
  [['stray'], 'Too many arguments'],
])('%j is refused in one line that names it', (argv, named) => {
  const refusal = (() => {
    try {
      return readCommandLine(argv, '1.2.3')
    } catch (error) {
      return error
    }
  })()
  expect(refusal).toBeInstanceOf(KeywayError)
  expect(refusal).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(named) })
  expect((refusal as KeywayError).message).not.toContain('\n')
})
