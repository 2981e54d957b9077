// `npm run demo`: the main task with a practice provider that runs here. `-- --auto` runs it unattended and
// checks every step.
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { buildStale } from './build/parts.ts'
import { runMainJob } from './demo/auto-steps.ts'
import { showToPerson } from './demo/for-a-person.ts'
import { findPerson } from './demo/person.ts'
import { setStage } from './demo/stage.ts'
import { listenForEnd, type End } from './machine/asked-to-end.ts'
import { runScript } from './machine/run-script.ts'

const demoOptions = z.strictObject({
  auto: z.boolean(),
  port: z.coerce
    .number('--port takes a number.')
    .int('--port takes a whole number.')
    .min(0, '--port is at least 0.')
    .max(65_535, '--port is at most 65535.')
    .nullable(),
  browser: z.boolean(),
  open: z.boolean(),
})

await runScript(async () => {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      auto: { type: 'boolean', default: false },
      port: { type: 'string' },
      browser: { type: 'boolean', default: true },
      open: { type: 'boolean', default: true },
    },
  })
  const { auto, port, browser, open } = demoOptions.parse({ ...values, port: values.port ?? null })
  await buildStale(['window'], { force: false, say: (line) => console.log(line) })
  const end = listenForEnd()
  const stage = await setStage({ port })
  try {
    if (end.code !== null) return end.code
    if (auto) return await runUnattended(stage, { browser, end })
    await showToPerson(stage, { open, untilEnd: end.asked })
    return 0
  } finally {
    await stage.close()
  }
})

async function runUnattended(
  { headless, practice }: Awaited<ReturnType<typeof setStage>>,
  { browser, end }: { browser: boolean; end: End },
): Promise<number> {
  const person = await findPerson({ browser })
  console.log(`Keyway at ${headless.url}, the practice provider at ${practice.issuer}`)
  try {
    const job = runMainJob({
      url: headless.url,
      newLaunchUrl: headless.launchUrl,
      practice,
      person,
      say: (step, fact) => console.log(`ok  ${step.padEnd(14)}  ${fact}`),
    })
    const stopped = await Promise.race([job, end.asked])
    if (typeof stopped === 'number') return stopped
  } finally {
    await person.close()
  }
  console.log('Everything happened, as the provider itself recorded it.')
  return 0
}
