import { parseSync } from 'vite'
import { expect, test } from 'vitest'
import { sourceFiles } from './source-tree.ts'

const WIDEST = 110

test(`no line of a comment is wider than ${WIDEST} columns`, () => {
  const files = sourceFiles(['electron', 'renderer', 'shared', 'scripts', 'test', 'bench'])
  const wide = files.flatMap(({ path, text }) => {
    const lines = text.split('\n')
    const numbers = new Set<number>()
    for (const { start, end } of parseSync(path, text).comments) {
      const first = text.slice(0, start).split('\n').length - 1
      const last = first + text.slice(start, end).split('\n').length
      for (let number = first; number < last; number += 1) numbers.add(number)
    }
    return [...numbers]
      .filter((number) => (lines[number]?.length ?? 0) > WIDEST)
      .map((number) => `${path}:${number + 1}`)
  })
  expect(wide).toEqual([])
})
