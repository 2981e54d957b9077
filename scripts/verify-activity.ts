// `npm run verify-activity`: whether the activity journal is as it was written; `-- --data <folder>` for another data folder. Changes nothing.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { verifyFolder } from '../electron/core/activity/verify-folder.ts'
import { dataLocation } from '../electron/core/data-location.ts'
import { errorTable } from '../shared/contract/errors.ts'
import { runScript } from './machine/run-script.ts'

await runScript(async () => {
  const { values } = parseArgs({ options: { data: { type: 'string' } } })
  const place = { platform: process.platform, home: homedir(), environment: process.env }
  const { ok, message } = await verifyFolder(join(dataLocation(values.data, place), 'activity'))
  if (ok) console.log(message)
  else console.error(message)
  return ok ? 0 : errorTable.data_damaged.exit
})
