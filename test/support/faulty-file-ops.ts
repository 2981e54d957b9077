import { type FileOps, nodeFileOps } from '../../electron/core/storage/durable-file.ts'

export const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: injected fault`), { code })

/**
 * Real file operations that note their order and call `before` in front of each step; what `before` throws is
 * the step's failure.
 */
export function watchFileOps(
  before: (step: number, name: keyof FileOps, path: string) => void = () => undefined,
): {
  ops: FileOps
  readonly steps: readonly string[]
} {
  const steps: string[] = []
  const paths = new Map<unknown, string>()
  const step = (name: keyof FileOps, path: string): void => {
    steps.push(`${name} ${shortName(path)}`)
    before(steps.length - 1, name, path)
  }
  const ops: FileOps = {
    async open(path, flags, mode) {
      step('open', path)
      const handle = await nodeFileOps.open(path, flags, mode)
      paths.set(handle, path)
      return handle
    },
    async write(handle, data) {
      step('write', paths.get(handle) ?? '?')
      return nodeFileOps.write(handle, data)
    },
    async sync(handle) {
      step('sync', paths.get(handle) ?? '?')
      return nodeFileOps.sync(handle)
    },
    async close(handle) {
      // Closed even where the fault says otherwise: a test must not leave descriptors to the garbage
      // collector.
      await nodeFileOps.close(handle)
      step('close', paths.get(handle) ?? '?')
    },
    async rename(from, to) {
      step('rename', to)
      return nodeFileOps.rename(from, to)
    },
    async unlink(path) {
      step('unlink', path)
      return nodeFileOps.unlink(path)
    },
  }
  return { ops, steps }
}

const shortName = (path: string): string =>
  (path.split(/[\\/]/).at(-1) ?? path).replace(/\.[0-9a-f]{12}\.kwtmp$/, '.tmp')
