// `npm run demo`: the main job with a provider that runs here. `-- --auto` does it unattended and checks every step.
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { buildStale } from './build/parts.ts'
import { runMainJob } from './demo/auto-steps.ts'
import { showToPerson } from './demo/for-a-person.ts'
import { findPerson } from './demo/person.ts'
import { setStage } from './demo/stage.ts'
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
  const stage = await setStage({ port })
  try {
    if (auto) await runUnattended(stage, { browser })
    else await showToPerson(stage, { open })
    return 0
  } finally {
    await stage.close()
  }
})

async function runUnattended(
  { headless, rehearsal }: Awaited<ReturnType<typeof setStage>>,
  options: { browser: boolean },
): Promise<void> {
  const person = await findPerson(options)
  console.log(`Keyway at ${headless.url}, the rehearsal provider at ${rehearsal.issuer}`)
  try {
    await runMainJob({
      url: headless.url,
      newLaunchUrl: headless.launchUrl,
      rehearsal,
      person,
      say: (step, fact) => console.log(`ok  ${step.padEnd(14)}  ${fact}`),
    })
  } finally {
    await person.close()
  }
  console.log('Everything happened, as the provider itself recorded it.')
}
