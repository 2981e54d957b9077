// Counts passed and failed tests from the reports of the test runners.
import { readFileSync } from 'node:fs'
import { z } from 'zod'

export type Count = { passed: number; failed: number; skipped: readonly string[] }

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
})

type PlaywrightSuite = {
  title: string
  specs: Array<{ title: string; tests: Array<{ status: string }> }>
  suites?: PlaywrightSuite[] | undefined
}
const playwrightSuite: z.ZodType<PlaywrightSuite> = z.object({
  title: z.string(),
  specs: z.array(z.object({ title: z.string(), tests: z.array(z.object({ status: z.string() })) })),
  get suites() {
    return z.array(playwrightSuite).optional()
  },
})
const playwrightReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number() }),
  suites: z.array(playwrightSuite),
})

export function countVitest(text: string): Count {
  const report = vitestReport.parse(JSON.parse(text))
  // A file that could not be loaded has no tests to count, but is a failure.
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.testResults.flatMap(({ assertionResults }) =>
      assertionResults
        .filter(({ status }) => status !== 'passed' && status !== 'failed')
        .map(({ fullName }) => fullName),
    ),
  }
}

export function countPlaywright(text: string): Count {
  const { stats, suites } = playwrightReport.parse(JSON.parse(text))
  return {
    passed: stats.expected,
    // A test that passes only on retry counts as failed.
    failed: stats.unexpected + stats.flaky,
    skipped: suites.flatMap(skippedIn),
  }
}

function skippedIn(suite: PlaywrightSuite): string[] {
  const own = suite.specs
    .filter(({ tests }) => tests.some(({ status }) => status === 'skipped'))
    .map(({ title }) => `${suite.title} ${title}`)
  return [...own, ...(suite.suites ?? []).flatMap(skippedIn)]
}

/**
 * The result of a runner with this report and exit code. A runner that failed without a failed test, or left
 * no report, counts as one failure.
 */
export function countRun(reportFile: string, exitCode: number, read: (text: string) => Count): Count {
  let count: Count = { passed: 0, failed: 0, skipped: [] }
  try {
    count = read(readFileSync(reportFile, 'utf8'))
  } catch (error) {
    return {
      ...count,
      failed: 1,
      skipped: [`no report: ${error instanceof Error ? error.message : 'unreadable'}`],
    }
  }
  return exitCode !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count
}
