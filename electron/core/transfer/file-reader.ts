// Parses foreign files on a worker thread, with limits.
import { Worker } from 'node:worker_threads'
import { type ErrorCode, type ErrorDetails, KeywayError } from '../../../shared/contract/errors.ts'
import type { ProviderInput } from '../../../shared/contract/provider.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { ForeignFormat } from '../../../shared/contract/transfer.ts'
import type { ForeignRead } from '../../../shared/domain/foreign/foreign.ts'
import { createKeyedMutex } from '../async.ts'
import type { Clock } from '../ports.ts'
import type { BundleContent } from './content.ts'

const SLICE_MS = 5

/** For long loops: lets other work run between two steps. */
export function createYielder(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < SLICE_MS) return
    await new Promise((resolve) => setImmediate(resolve))
    since = performance.now()
  }
}

// Parses foreign files on a worker thread, one at a time, with limits of time and memory, so that the service
// keeps responding whatever they contain.

export type FileReader = {
  foreign(text: string, format: ForeignFormat | 'auto'): Promise<ForeignRead>
  /** @throws KeywayError invalid_request */
  provider(text: string, slug: string | undefined): Promise<{ input: ProviderInput; notes: string[] }>
  /** @throws KeywayError bundle_damaged | bundle_newer | wrong_passphrase */
  bundle(text: string, passphrase: Secret): Promise<{ createdAt: number; content: BundleContent }>
}

export type ReaderTask =
  | { kind: 'foreign'; text: string; format: ForeignFormat | 'auto' }
  | { kind: 'provider'; text: string; slug: string | undefined }
  | { kind: 'bundle'; text: string; passphrase: string }

export type ReaderReply =
  | { kind: 'value'; value: unknown }
  | { kind: 'piece'; name: string; records: readonly unknown[] }
  | { kind: 'failure'; code: ErrorCode; message: string; nextStep: string; details: ErrorDetails }

export type FileReaderDeps = {
  clock: Clock
  /** The built worker; absent: its source beside this file. */
  file?: string | URL | undefined
  limits?: Partial<Limits>
}

type Limits = { textMs: number; bundleMs: number; megabytes: number }

/** A bundle's passphrase alone may take seconds, and its records may be tens of megabytes. */
const IDLE_MS = 30_000
const LIMITS: Limits = { textMs: 10_000, bundleMs: 120_000, megabytes: 1024 }

export function createFileReader(deps: FileReaderDeps): FileReader {
  const limits = { ...LIMITS, ...deps.limits }
  const runExclusive = createKeyedMutex()
  const threads = createThreads(deps, limits)
  const read = (task: ReaderTask, onPiece: OnPiece = () => undefined): Promise<unknown> =>
    runExclusive('reader', async () => {
      const worker = threads.take()
      const value = await readOn(worker, task, { clock: deps.clock, limits, onPiece }).catch(
        async (error: unknown) => {
          await worker.terminate()
          throw error
        },
      )
      threads.keep(worker)
      return value
    })
  return {
    foreign: async (text, format) => (await read({ kind: 'foreign', text, format })) as ForeignRead,
    provider: async (text, slug) =>
      (await read({ kind: 'provider', text, slug })) as { input: ProviderInput; notes: string[] },
    async bundle(text, passphrase) {
      const lists: Record<string, unknown[]> = { providers: [], connections: [], apps: [] }
      const value = await read({ kind: 'bundle', text, passphrase: passphrase.reveal() }, (name, records) =>
        lists[name]?.push(...records),
      )
      const { createdAt, rest } = value as { createdAt: number; rest: object }
      return { createdAt, content: { ...rest, ...lists } as unknown as BundleContent }
    },
  }
}

/** Starting a worker takes time, and a file is usually read again soon, so it is kept for a while. */
function createThreads({ clock, file }: FileReaderDeps, limits: Limits) {
  let idle: { worker: Worker; cancel: () => void } | null = null
  const start = (): Worker => {
    const worker = new Worker(file ?? new URL('./reader-worker.ts', import.meta.url), {
      name: 'file reader',
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limits.megabytes },
    })
    // The worker never keeps the process alive; callers learn of its end themselves.
    worker.on('error', () => undefined).unref()
    worker.once('exit', () => {
      if (idle?.worker === worker) idle = null
    })
    return worker
  }
  return {
    take(): Worker {
      const known = idle
      idle = null
      known?.cancel()
      return known?.worker ?? start()
    },
    keep(worker: Worker): void {
      const cancel = clock.after(IDLE_MS, () => {
        idle = null
        void worker.terminate()
      })
      idle = { worker, cancel }
    },
  }
}

type OnPiece = (name: string, records: readonly unknown[]) => void

function readOn(
  worker: Worker,
  task: ReaderTask,
  { clock, limits, onPiece }: { clock: Clock; limits: Limits; onPiece: OnPiece },
): Promise<unknown> {
  let stop: () => void = () => undefined
  return new Promise<unknown>((resolve, reject) => {
    const cancel = clock.after(task.kind === 'bundle' ? limits.bundleMs : limits.textMs, () =>
      reject(tooMuch(task, 'time')),
    )
    const onMessage = (reply: ReaderReply): void => {
      if (reply.kind === 'piece') {
        onPiece(reply.name, reply.records)
        worker.postMessage('taken', [])
      } else if (reply.kind === 'value') resolve(reply.value)
      else reject(new KeywayError(reply.code, reply))
    }
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch(task, 'memory') : error)
    const onExit = (): void => reject(new KeywayError('internal_error'))
    worker.on('message', onMessage).on('error', onError).on('exit', onExit).ref()
    stop = () => {
      cancel()
      worker.off('message', onMessage).off('error', onError).off('exit', onExit).unref()
    }
    worker.postMessage(task, [])
  }).finally(() => stop())
}

function tooMuch({ kind }: ReaderTask, what: 'time' | 'memory'): KeywayError {
  return new KeywayError('payload_too_large', {
    message: `Reading this file takes more ${what} than is given to one.`,
    nextStep:
      'Check that it is the right file, and take out of it what Keyway does not need; nothing was imported.',
    details: { field: { foreign: 'text', provider: 'json', bundle: 'content' }[kind] },
  })
}
