// `npm run docs`: writes the documents that are generated from code.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { errorDocument } from './docs/error-document.ts'
import { runScript } from './machine/run-script.ts'

await runScript(async () => {
  const path = join(import.meta.dirname, '..', 'docs', 'errors.md')
  writeFileSync(path, await format(errorDocument(), { ...(await resolveConfig(path)), filepath: path }))
  console.log('wrote docs/errors.md')
  return 0
})
