import { format, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import { errorDocument } from '../../../scripts/docs/error-document.ts'
import { type ErrorCode, errorTable, nextStepFor } from '../../../shared/contract/errors.ts'
import { parseSync, Visitor } from 'vite'
import { readProjectFile, sourceFiles, type SourceFile } from './source-tree.ts'

const readers = ['api', 'window', 'terminal'] as const
const codes = Object.keys(errorTable) as ErrorCode[]

test('docs/errors.md says what the table says (npm run docs writes it)', async () => {
  const options = await resolveConfig('docs/errors.md')
  expect(readProjectFile('docs/errors.md')).toBe(
    await format(errorDocument(), { ...options, parser: 'markdown' }),
  )
})

test('each row is whole: a status of failure, an exit code of the documented kinds, a sentence and three next steps', () => {
  const exits = new Set<number>([1, 2, 3, 4, 10, 11, 12, 13, 14])
  const odd = codes.filter((code) => {
    const { status, exit, sentence, nextStep } = errorTable[code]
    const isSentence = (text: string): boolean => /^[A-Z].*\.$/.test(text)
    const isFailure = status >= 400 && status < 600
    return !(
      isFailure &&
      exits.has(exit) &&
      isSentence(sentence) &&
      readers.every((reader) => isSentence(nextStep[reader]))
    )
  })
  expect(odd).toEqual([])
})

test('each code is used somewhere, but for the one that can never occur here', () => {
  const text = sourceFiles(['electron', 'shared', 'renderer'])
    .filter(({ path }) => path !== 'shared/contract/errors.ts')
    .map((file) => file.text)
    .join('\n')
  expect(codes.filter((code) => !text.includes(`'${code}'`))).toEqual(['upgrade_required'])
})

/** Routes, methods with a path, header names, and members in the writing of JSON: words of the API alone. */
const ofTheApi = [
  /\/api\/|openapi\.json|\b(?:GET|POST|PUT|PATCH|DELETE) \//,
  /\bX-[A-Z]|\bAuthorization\b|\b(?:Allow|Host|Origin) header|\b[A-Z][a-z]+-(?:[A-Z][a-z]+-?)+\b/,
  /(?<![\w@./-])[a-z]+[A-Z]\w*\b/,
  /in "[a-z]+"/,
]
const namesTheApi = (text: string): boolean => ofTheApi.some((pattern) => pattern.test(text))

test('no next step of the window or the terminal names a route, a header or a JSON member', () => {
  expect(namesTheApi(errorTable.connection_not_found.nextStep.api)).toBe(true)
  expect(namesTheApi(errorTable.ambiguous_account.nextStep.api)).toBe(true)
  expect(namesTheApi(errorTable.token_expired.nextStep.api)).toBe(true)
  expect(namesTheApi(errorTable.rate_limited.nextStep.api)).toBe(true)
  const odd = codes.flatMap((code) =>
    (['window', 'terminal'] as const)
      .filter((reader) => namesTheApi(errorTable[code].nextStep[reader]))
      .map((reader) => `${code} for the ${reader}`),
  )
  expect(odd).toEqual([])
})

test('a next step that code gives in place of the table\u2019s speaks to every reader', () => {
  const files = sourceFiles(['electron', 'shared', 'renderer']).filter(
    ({ path }) => path !== 'shared/contract/errors.ts',
  )
  const given = files.flatMap((file) =>
    textsUnder('nextStep', file).map((text) => ({ path: file.path, text })),
  )
  expect(given.length).toBeGreaterThan(40)
  expect(given.filter(({ text }) => namesTheApi(text))).toEqual([])
})

test('no text of the window names a route or a header of the local API', () => {
  const ofKeyway = /\/api\/|openapi\.json|X-API-Key|Keyway-[A-Z]|Retry-After|connectUrl/
  expect(ofKeyway.test(errorTable.unauthorized.nextStep.api)).toBe(true)
  const texts = sourceFiles(['renderer/lib/text']).flatMap((file) => textsUnder(null, file))
  expect(texts.length).toBeGreaterThan(300)
  expect(texts.filter((text) => ofKeyway.test(text))).toEqual([])
})

test('the step that travels is the API\u2019s, and each surface says it in its reader\u2019s words', () => {
  const failure = { code: 'token_expired', nextStep: errorTable.token_expired.nextStep.api }
  expect(nextStepFor('api', failure)).toContain('connectUrl')
  expect(nextStepFor('window', failure)).toBe(errorTable.token_expired.nextStep.window)
  expect(nextStepFor('terminal', failure)).toContain('keyway connect')
  expect(nextStepFor('window', { code: 'token_expired', nextStep: 'Ask Ada.' })).toBe('Ask Ada.')
  expect(nextStepFor('window', { code: 'of_another_version', nextStep: 'Ask Ada.' })).toBe('Ask Ada.')
  expect(nextStepFor('window', { code: null, nextStep: null })).toBeNull()
})

test('an outcome that an earlier version stored is shown in the window\u2019s words', () => {
  const nextStep = 'Open connectUrl in a browser and sign in again, or press Retry; nothing was erased.'
  expect(nextStepFor('window', { code: 'token_expired', nextStep })).toBe(
    errorTable.token_expired.nextStep.window,
  )
})

test('what the window and its pages show of a next step went through their reader\u2019s words', () => {
  const shown = sourceFiles([
    'renderer',
    'electron/http/pages',
    'electron/desktop',
    'electron/cli',
    'electron/headless',
  ])
  const raw = shown.flatMap(({ path, text }) =>
    [...text.matchAll(/\{[^{}\n]*\.nextStep\}|(?:next|description): \w+\.nextStep/g)].map(
      ([found]) => `${path}: ${found}`,
    ),
  )
  expect(raw).toEqual([])
})

/**
 * String literals and the fixed parts of templates that stand under this property name; under any with null.
 */
function textsUnder(name: string | null, { path, text }: SourceFile): string[] {
  const texts: string[] = []
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, value } = node as { type?: string; value?: { cooked?: string } | string }
    if (type === 'Literal' && typeof value === 'string') texts.push(value)
    if (type === 'TemplateElement' && typeof value === 'object') texts.push(value.cooked ?? '')
    for (const child of Object.values(node)) collect(child)
  }
  new Visitor({
    Property: ({ key, value }) => {
      if (name === null || (key.type === 'Identifier' && key.name === name)) collect(value)
    },
  }).visit(parseSync(path, text).program)
  return texts
}
