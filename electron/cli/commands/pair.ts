import { rmSync } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import { appInput } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { pairDecided, pairStarted } from '../../../shared/contract/http-api.ts'
import type { Context, RunCommand } from '../context.ts'
import type { ServiceApi } from '../api.ts'
import { providerArgument, readArguments, invalidArguments } from '../arguments.ts'
import { say } from '../output.ts'

const pairArguments = z.strictObject({
  name: appInput.shape.name,
  for: z.array(providerArgument).max(50).default([]),
  token: z.boolean().default(false),
  manage: z.boolean().default(false),
  save: z.string().min(1).optional(),
})

const INTERRUPTED = 130
const CANCEL_LIMIT_MS = 1_000
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Approved = Extract<z.output<typeof pairDecided>, { status: 'approved' }>

export const pair: RunCommand = async (context, given) => {
  const { name, for: providers, token, manage, save } = readArguments(pairArguments, given)
  const wants = { name, manage, grants: providers.map((provider) => ({ provider, token })) }
  if (save === undefined) {
    print(await requestKey(context, wants), context)
    return 0
  }
  // The file is created first: the key is sent only once and must not be lost to a file that cannot be
  // written.
  const file = await createPrivate(save)
  const removeFile = (): void => rmSync(save, { force: true })
  process.once('exit', removeFile)
  try {
    const approved = await requestKey(context, wants)
    await writeKey(file, save, approved)
    process.off('exit', removeFile)
    const { key: _kept, ...rest } = approved
    if (context.json) say(context.terminal.stdout, JSON.stringify({ ...rest, savedTo: save }))
    else say(context.terminal.stdout, `Paired. The key is in ${save}; use it with --key-stdin < ${save}`)
    printGranted(approved, context)
    return 0
  } catch (error) {
    process.off('exit', removeFile)
    await rm(save, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

function print(approved: Approved, context: Context): void {
  const { json, terminal } = context
  const { stdout, stderr } = terminal
  say(stdout, json ? JSON.stringify(approved) : approved.key)
  say(stderr, 'Paired. That key is not shown again; put it into KEYWAY_KEY.')
  printGranted(approved, context)
}

/** The person may have allowed less than was requested. */
function printGranted({ granted, unregistered, app }: Approved, { terminal: { stderr } }: Context): void {
  const may = granted.map(({ provider, account, token, proxy }) => {
    const what = [...(token ? ['tokens'] : []), ...(proxy ? ['requests'] : [])].join(' and ')
    const where = provider === null ? 'every connection' : [provider, account ?? []].flat().join(' ')
    return `${where} (${what === '' ? 'nothing' : what})`
  })
  const rights = [...(app.manage ? ['register and change providers'] : []), ...may]
  say(stderr, rights.length === 0 ? 'It may do nothing yet.' : `It may use: ${rights.join(', ')}.`)
  if (unregistered.length > 0) {
    say(
      stderr,
      `Not registered in Keyway, so nothing was granted for it: ${unregistered.join(', ')}.`,
      'Register it in the window or with "keyway apply", then widen what the app may do under Apps.',
    )
  }
}

/** The key is sent only once. If the file cannot be written, the app is left without a usable key. */
async function writeKey(file: FileHandle, path: string, { key, app }: Approved): Promise<void> {
  try {
    await file.writeFile(`${key}\n`)
    await file.sync()
  } catch (cause) {
    throw new KeywayError('save_failed', {
      message: `The key could not be written to ${path} (${(cause as NodeJS.ErrnoException).code}).`,
      nextStep: `Remove the app "${app.name}" in the window under Apps, free some space, and pair again.`,
      cause,
    })
  }
}

async function requestKey(context: Context, wants: object): Promise<Approved> {
  const api: ServiceApi = context.openApi()
  const started = await api.call(pairStarted, '/api/apps/pair', { json: wants })
  const headers = { authorization: `Bearer ${started.pollToken}` }
  const path = `/api/apps/pair/${encodeURIComponent(started.pairingId)}`
  const takeBack = (): void => {
    const leave = (): never => process.exit(INTERRUPTED)
    setTimeout(leave, CANCEL_LIMIT_MS)
    // An interrupted command must not leave a pairing that somebody then approves.
    void api.head(path, { method: 'DELETE', headers }).then(leave, leave)
  }
  // Set before the message: the reader may want to interrupt at once.
  for (const signal of ENDS) process.once(signal, takeBack)
  say(context.terminal.stderr, `Say yes in Keyway’s window if it shows ${started.code}.`)
  try {
    for (;;) {
      const decided = await api.call(pairDecided, `${path}?wait=25`, { headers })
      if (decided.status === 'approved') return decided
    }
  } finally {
    for (const signal of ENDS) process.off(signal, takeBack)
  }
}

async function createPrivate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw invalidArguments(
      code === 'EEXIST' ? `${path} is there already.` : `${path} cannot be written (${code}).`,
    )
  }
}
