import { format, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import { errorDocument } from '../../../scripts/docs/error-document.ts'
import { errorTable, type ErrorCode } from '../../../shared/contract/errors.ts'
import { readProjectFile, sourceFiles } from './source-tree.ts'

const codes = Object.keys(errorTable) as ErrorCode[]

test('docs/errors.md says what the table says (npm run docs writes it)', async () => {
  const options = await resolveConfig('docs/errors.md')
  expect(readProjectFile('docs/errors.md')).toBe(
    await format(errorDocument(), { ...options, parser: 'markdown' }),
  )
})

test('each row is whole: a status of failure, an exit code of the documented kinds, a sentence and a next step', () => {
  const exits = new Set<number>([1, 2, 3, 4, 10, 11, 12, 13, 14])
  const odd = codes.filter((code) => {
    const { status, exit, sentence, nextStep } = errorTable[code]
    const isSentence = (text: string): boolean => /^[A-Z].*\.$/.test(text)
    const isFailure = status >= 400 && status < 600
    return !(isFailure && exits.has(exit) && isSentence(sentence) && isSentence(nextStep))
  })
  expect(odd).toEqual([])
})

test('each code is used somewhere, but for the one that can never occur here', () => {
  const text = sourceFiles(['electron', 'shared', 'renderer'])
    .filter(({ path }) => path !== 'shared/contract/error-table.ts')
    .map((file) => file.text)
    .join('\n')
  expect(codes.filter((code) => !text.includes(`'${code}'`))).toEqual(['upgrade_required'])
})
