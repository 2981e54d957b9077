// `npm run test:one -- <file> [options of the runner]`: one test file, whichever runner it is for. For an
// end-to-end spec, what has changed is built first.
import { existsSync } from 'node:fs'
import { buildStale, parts } from './build/parts.ts'
import { programPath, runNode } from './machine/run-program.ts'
import { runScript } from './machine/run-script.ts'
import { ensureBrowser } from './test/prerequisites.ts'

const say = (line: string): void => console.log(line)

await runScript(async () => {
  const [file, ...options] = process.argv.slice(2)
  if (file === undefined || !existsSync(file)) {
    say('Say which test: npm run test:one -- <file>')
    return 1
  }
  if (!file.endsWith('.spec.ts')) return runNode([programPath('vitest'), 'run', file, ...options])
  await buildStale(
    parts.map(({ name }) => name),
    { force: false, say },
  )
  const env = { KEYWAY_CHROMIUM: ensureBrowser(say) }
  return runNode([programPath('@playwright/test', 'playwright'), 'test', file, ...options], env)
})
