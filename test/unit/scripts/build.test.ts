import { mkdirSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { oneAtATime } from '../../../scripts/build/one-at-a-time.ts'
import { isStale, stamp } from '../../../scripts/build/staleness.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function project() {
  const folder = tempFolder()
  const source = join(folder, 'src', 'deep', 'a.ts')
  mkdirSync(join(folder, 'src', 'deep'), { recursive: true })
  for (const path of [source, join(folder, 'src', 'deep', 'b.ts'), join(folder, 'out.js')])
    writeFileSync(path, '')
  const at = (path: string, seconds: number): void => utimesSync(path, seconds, seconds)
  for (const path of [
    source,
    join(folder, 'src', 'deep', 'b.ts'),
    join(folder, 'src', 'deep'),
    join(folder, 'src'),
  ]) {
    at(path, 1000)
  }
  const part = {
    stampFile: join(folder, '.stamp'),
    output: join(folder, 'out.js'),
    inputs: [join(folder, 'src'), join(folder, 'not-there.json')],
  }
  return { part, source, at }
}

test('a part is built once, and again after a source changed, went away or changed while it was built', () => {
  const { part, source, at } = project()
  expect(isStale(part)).toBe(true)
  stamp(part.stampFile, 2_000_000)
  expect(isStale(part)).toBe(false)
  at(source, 2001)
  expect(isStale(part)).toBe(true)
  at(source, 1000)
  unlinkSync(source)
  expect(isStale(part)).toBe(true)
})

test('a part whose output is gone is built again', () => {
  const { part } = project()
  stamp(part.stampFile, 2_000_000)
  unlinkSync(part.output)
  expect(isStale(part)).toBe(true)
})

test('two builds take turns, also after one that failed', async () => {
  const lock = join(tempFolder(), 'lock')
  const order: string[] = []
  const task = (name: string) => async (): Promise<void> => {
    order.push(`${name} begins`)
    await new Promise(setImmediate)
    order.push(`${name} ends`)
    if (name === 'a') throw new Error('made up')
  }
  const [first] = await Promise.allSettled([oneAtATime(lock, task('a')), oneAtATime(lock, task('b'))])
  expect(first.status).toBe('rejected')
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
})

test('the lock of a build that was killed does not hold up the next', async () => {
  const lock = join(tempFolder(), 'lock')
  mkdirSync(lock)
  // The highest pid that Linux gives is 2^22, so nobody has this one.
  writeFileSync(join(lock, 'pid'), String(2 ** 22 + 1))
  expect(await oneAtATime(lock, () => Promise.resolve('built'))).toBe('built')
})
