import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countPlaywright, countRun, countVitest } from '../../../scripts/test/count.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const vitestReport = (over: object): string =>
  JSON.stringify({ numPassedTests: 3, numFailedTests: 0, testResults: [], ...over })
const file = (status: string, ...assertions: object[]): object => ({
  name: 'a.test.ts',
  status,
  assertionResults: assertions,
})

function run(text: string | null, exitCode: number) {
  const path = join(tempFolder(), 'report.json')
  if (text !== null) writeFileSync(path, text)
  return countRun(path, exitCode, countVitest)
}

test('what a runner reports is what is counted, and what was left out is named', () => {
  const skipped = { fullName: 'a thing that needs a keychain', status: 'skipped' }
  const report = vitestReport({
    testResults: [file('passed', skipped, { fullName: 'fine', status: 'passed' })],
  })
  expect(run(report, 0)).toEqual({ passed: 3, failed: 0, skipped: ['a thing that needs a keychain'] })
})

test('a test file that could not be loaded is a failure, though no test of it ran', () => {
  expect(countVitest(vitestReport({ testResults: [file('failed')] }))).toMatchObject({ passed: 3, failed: 1 })
})

test('a run that ends badly never counts as none failed', () => {
  expect(run(vitestReport({}), 1)).toMatchObject({ passed: 3, failed: 1 })
  expect(run(null, 0)).toMatchObject({ passed: 0, failed: 1 })
  expect(run('{"numPassedTests":', 0)).toMatchObject({ passed: 0, failed: 1 })
})

test('a spec that passes only at the second try has failed', () => {
  const report = {
    stats: { expected: 5, unexpected: 1, flaky: 1 },
    suites: [
      {
        title: 'a.spec.ts',
        specs: [{ title: 'left out', tests: [{ status: 'skipped' }] }],
        suites: [{ title: 'inner', specs: [{ title: 'too', tests: [{ status: 'skipped' }] }] }],
      },
    ],
  }
  expect(countPlaywright(JSON.stringify(report))).toEqual({
    passed: 5,
    failed: 2,
    skipped: ['a.spec.ts left out', 'inner too'],
  })
})
