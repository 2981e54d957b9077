// `npm run build`: builds what is stale; `-- --force` builds everything, `-- window headless` only those
// parts.
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { buildStale, parts } from './build/parts.ts'
import { runScript } from './machine/run-script.ts'

const names = parts.map(({ name }) => name)

await runScript(async () => {
  const { values, positionals } = parseArgs({
    options: { force: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const wanted = z.array(z.enum(names, `The parts are ${names.join(', ')}.`)).parse(positionals)
  const built = await buildStale(wanted.length === 0 ? names : wanted, {
    force: values.force,
    say: (line) => console.log(line),
  })
  if (built.length === 0) console.log('Everything is built already.')
  return 0
})
