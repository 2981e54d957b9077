// Reads a record from the newest generation that is whole, and sets aside what is not. A record of which nothing readable is left
// gets a marker `<id>.lost`, so that it is never taken for one that was not there, not even after a restart.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock, Damage, Logger } from '../ports.ts'
import { systemCode } from './disk-error.ts'
import { writeDurablySync } from './durable-file.ts'
import { readNoLink } from './no-link.ts'
import { decodeRecord, type Decoded } from './record-file.ts'
import { setAside, setAsideTarget } from './set-aside.ts'

export type RecordPaths = { current: string; previous: string; lost: string }

export const recordPaths = (folder: string, id: string): RecordPaths => ({
  current: join(folder, `${id}.json`),
  previous: join(folder, `${id}.prev.json`),
  lost: join(folder, `${id}.lost`),
})

export type Recalled =
  { kind: 'found'; value: unknown } | { kind: 'absent' } | { kind: 'lost'; setAsidePath: string }

export type GenerationsDeps = {
  folder: string
  clock: Clock
  logger: Logger
  onDamage: (damage: Damage) => void
}

export type Generations = {
  recall(id: string): Recalled
  /** Before a write: moves a current file that cannot be read out of the way, so that the write does not destroy it. */
  protectUnreadable(id: string): void
}

export function createGenerations(deps: GenerationsDeps): Generations {
  return {
    recall(id) {
      const paths = recordPaths(deps.folder, id)
      const current = readGeneration(id, paths.current)
      if (current.kind === 'good') return { kind: 'found', value: current.value }
      const previous = readGeneration(id, paths.previous)
      if (previous.kind === 'good') {
        // Without a current file a crash fell between the two renames of a write: the previous generation is the last one promised.
        if (current.kind === 'damaged') replace(deps, paths.current, 'previous generation')
        return { kind: 'found', value: previous.value }
      }
      if (current.kind === 'damaged' && previous.kind === 'damaged')
        setAside(paths.previous, deps.clock.now())
      if (current.kind === 'damaged') return lose(deps, paths, paths.current)
      return previous.kind === 'damaged' ? lose(deps, paths, paths.previous) : rememberLoss(deps, paths)
    },
    protectUnreadable(id) {
      const { current } = recordPaths(deps.folder, id)
      if (readGeneration(id, current).kind === 'damaged') replace(deps, current, 'copy in memory')
    },
  }
}

function report({ logger, onDamage }: GenerationsDeps, damage: Damage): void {
  logger.warn('A data file could not be read and was set aside', damage)
  onDamage(damage)
}

function replace(deps: GenerationsDeps, path: string, using: Damage['using']): void {
  const detectedAt = deps.clock.now()
  report(deps, { file: path, setAsidePath: setAside(path, detectedAt), using, detectedAt })
}

// The marker first: a crash after the move and before the marker would make the record look as if it had never been.
function lose(deps: GenerationsDeps, paths: RecordPaths, damaged: string): Recalled {
  const detectedAt = deps.clock.now()
  const target = setAsideTarget(damaged, detectedAt)
  try {
    writeDurablySync(paths.lost, JSON.stringify({ setAsidePath: target, detectedAt }))
  } catch (error) {
    // Without the marker the damaged file must stay where it is: it is the only sign that there was a record.
    deps.logger.error('The loss of a record could not be noted on disk', { file: paths.lost, error })
    report(deps, { file: paths.current, setAsidePath: damaged, using: 'nothing', detectedAt })
    return { kind: 'lost', setAsidePath: damaged }
  }
  const setAsidePath = setAside(damaged, detectedAt, target)
  report(deps, { file: paths.current, setAsidePath, using: 'nothing', detectedAt })
  return { kind: 'lost', setAsidePath }
}

const lostMarker = z.object({ setAsidePath: z.string(), detectedAt: z.number() })

function rememberLoss(deps: GenerationsDeps, paths: RecordPaths): Recalled {
  if (!existsSync(paths.lost)) return { kind: 'absent' }
  const marker = lostMarker.safeParse(parseOrNull(readFileSync(paths.lost, 'utf8')))
  const { setAsidePath, detectedAt } = marker.success
    ? marker.data
    : { setAsidePath: join(deps.folder, 'set-aside'), detectedAt: deps.clock.now() }
  report(deps, { file: paths.current, setAsidePath, using: 'nothing', detectedAt })
  return { kind: 'lost', setAsidePath }
}

// Running out of descriptors or memory says nothing about the file; taking that for damage would move healthy data away.
const PASSING = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'])

// Synchronous on purpose: some 20 µs for a file in the page cache, against five trips through the thread pool.
function readGeneration(id: string, path: string): Decoded | { kind: 'absent' } {
  try {
    return decodeRecord(id, readNoLink(path))
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return { kind: 'absent' }
    if (code === undefined || PASSING.has(code)) throw error
    return { kind: 'damaged' }
  }
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
