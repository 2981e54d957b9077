// `npm test`: all checks, one after the other; the last line counts them. It continues after a failure, so
// that one run shows all failures.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildStale, parts } from './build/parts.ts'
import { programPath, runNode } from './machine/run-program.ts'
import { oneLine, runScript } from './machine/run-script.ts'
import { countPlaywright, countRun, countVitest, type Count } from './test/count.ts'
import { ensureBrowser, ensureSecretService } from './test/prerequisites.ts'

const say = (line: string): void => console.log(line)

type Stage = { name: string; run: () => Promise<Count> }

/** A check without tests of its own counts as one. */
const check = (name: string, run: () => Promise<number>): Stage => ({
  name,
  run: async () => {
    const code = await run()
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] }
  },
})

function stages(reports: string, env: Record<string, string>): Stage[] {
  const unitReport = join(reports, 'vitest.json')
  const endToEndReport = join(reports, 'playwright.json')
  return [
    check('format', () => runNode([programPath('prettier'), '--check', '.'])),
    check('lint', () => runNode([programPath('oxlint'), '--type-aware', '--deny-warnings'])),
    check('types', () => runNode([programPath('typescript', 'tsc'), '-b'])),
    check('build', async () => {
      await buildStale(
        parts.map(({ name }) => name),
        { force: false, say },
      )
      return 0
    }),
    {
      name: 'unit and integration',
      run: async () => {
        const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`]
        const code = await runNode([programPath('vitest'), 'run', ...reporters], env)
        return countRun(unitReport, code, countVitest)
      },
    },
    {
      name: 'end to end',
      run: async () => {
        const code = await runNode(
          [programPath('@playwright/test', 'playwright'), 'test', '--reporter=list,json'],
          {
            ...env,
            PLAYWRIGHT_JSON_OUTPUT_FILE: endToEndReport,
          },
        )
        return countRun(endToEndReport, code, countPlaywright)
      },
    },
  ]
}

async function runStage({ name, run }: Stage): Promise<Count> {
  const startedAt = performance.now()
  say(`\n== ${name}`)
  const count = await run().catch((error: unknown): Count => {
    say(oneLine(error))
    return { passed: 0, failed: 1, skipped: [] }
  })
  const outcome = count.failed === 0 ? 'ok' : 'FAILED'
  say(`== ${name}: ${outcome} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  return count
}

await runScript(async () => {
  const reports = mkdtempSync(join(tmpdir(), 'keyway-reports-'))
  try {
    const env = { KEYWAY_CHROMIUM: ensureBrowser(say) }
    ensureSecretService(say)
    const counts: Count[] = []
    for (const stage of stages(reports, env)) counts.push(await runStage(stage))
    const sum = (pick: (count: Count) => number): number =>
      counts.reduce((total, count) => total + pick(count), 0)
    const skipped = counts.flatMap((count) => count.skipped)
    if (skipped.length > 0) say(`\nNot run:\n${skipped.map((name) => `  ${name}`).join('\n')}`)
    const failed = sum((count) => count.failed)
    say(`\n${sum((count) => count.passed)} passed, ${failed} failed`)
    return failed === 0 ? 0 : 1
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
})
