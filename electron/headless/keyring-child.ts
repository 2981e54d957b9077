// Accesses the OS keychain from a child process. The native client opens its D-Bus connection synchronously
// and waits forever on a bus that accepts and never responds (verified). In the main process that would block
// everything, and a worker thread in native code cannot be stopped. A child can be killed.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { z } from 'zod'
import type { Clock } from '../core/ports.ts'
import { KeywayError } from '../../shared/contract/errors.ts'

export type KeyringStep =
  { op: 'set'; account: string; value: string } | { op: 'get' | 'delete'; account: string }

/** Runs the steps in order. Returns the results of the `get` and `delete` steps, and null for `set`. */
export type RunKeyring = (steps: readonly KeyringStep[]) => Promise<readonly (string | boolean | null)[]>

// Source text for `node --eval`, because a second file would have to be located for every bundle. The store
// is always named: without it the library uses the kernel's in-memory keyring without notice, which is empty
// after a reboot.
const CHILD = `
const { Entry } = require(process.argv[1]);
let input = '';
process.stdin.on('data', (chunk) => { input += chunk; });
process.stdin.on('end', () => {
  const { service, steps } = JSON.parse(input);
  const answers = [];
  try {
    for (const { op, account, value } of steps) {
      const entry = new Entry(service, account, { linux: { store: 'secret-service' } });
      if (op === 'set') { entry.setPassword(value); answers.push(null); }
      else if (op === 'get') answers.push(entry.getPassword());
      else answers.push(entry.deletePassword());
    }
    process.stdout.write(JSON.stringify({ answers }));
  } catch (error) {
    process.stdout.write(JSON.stringify({ failure: String(error.message) }));
  }
});
`

const reply = z.union([
  z.object({ answers: z.array(z.union([z.string(), z.boolean(), z.null()])) }),
  z.object({ failure: z.string() }),
])

// Less than the vault's limit for a key wrapper, so that the child is killed before its caller times out.
const TIMEOUT_MS = 9_000
const MAX_REPLY = 64 * 1024

export function createKeyringChild(deps: {
  service: string
  clock: Clock
  environment?: NodeJS.ProcessEnv
}): RunKeyring {
  return async (steps) => {
    // Values are sent through a pipe, never in argv, which every process of the user can read.
    const output = await runChild(JSON.stringify({ service: deps.service, steps }), deps)
    const parsed = reply.safeParse(parseOrNull(output))
    if (!parsed.success) throw unavailable('The keychain client stopped without an answer.')
    if ('failure' in parsed.data) throw unavailable(parsed.data.failure)
    return parsed.data.answers
  }
}

function runChild(
  input: string,
  { clock, environment = process.env }: { clock: Clock; environment?: NodeJS.ProcessEnv },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const module = createRequire(import.meta.url).resolve('@napi-rs/keyring')
    const child = spawn(process.execPath, ['--eval', CHILD, module], {
      env: environment,
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    })
    const cancel = clock.after(TIMEOUT_MS, () => {
      child.kill('SIGKILL')
      reject(new KeywayError('keychain_timeout'))
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (output.length < MAX_REPLY) output += chunk.toString('utf8')
    })
    child.on('error', (cause) => {
      cancel()
      reject(unavailable('The keychain client could not be started.', cause))
    })
    child.on('close', () => {
      cancel()
      resolve(output)
    })
    // A child that exits before reading is reported by 'close'; the broken pipe adds nothing.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

const unavailable = (reason: string, cause?: unknown): KeywayError =>
  new KeywayError('keychain_unavailable', {
    message: `No usable operating system keychain: ${reason}`,
    details: { reason },
    ...(cause === undefined ? {} : { cause }),
  })

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
