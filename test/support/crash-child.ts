// A Keyway in a process of its own that forces one refresh and kills itself (kill -9) at a chosen step of it:
// `file:<n>` in front of the n-th step of writing connection files, `sent` when the token request has gone
// out and its answer is at the door, `hold` not at all.
import { type FileOps, nodeFileOps } from '../../electron/core/storage/durable-file.ts'
import { openTestKeyway } from './open-test-keyway.ts'

const [folder = '', connectionId = '', killAt = '', callers = '1'] = process.argv.slice(2)
let armed = false
let steps = 0

const die = (): void => {
  process.kill(process.pid, 'SIGKILL')
}
const step = (): void => {
  if (!armed) return
  if (killAt === `file:${steps}`) die()
  steps += 1
}
const ops = Object.fromEntries(
  Object.entries(nodeFileOps).map(([name, operation]) => [
    name,
    (...args: unknown[]) => {
      step()
      return (operation as (...args: unknown[]) => unknown)(...args)
    },
  ]),
) as FileOps

const { keyway } = await openTestKeyway(folder, { fileOps: ops })
armed = true
console.log('ready')
const results = await Promise.all(
  Array.from({ length: Number(callers) }, () => keyway.tokens.get(connectionId, { rejected: 'current' })),
)
console.log(`${results.every(({ kind }) => kind === 'ok') ? 'all ok' : 'not all ok'} after ${steps} steps`)
// A crash, not an end: nothing is flushed.
die()
