// A process that takes a data folder, or says who has it. Runs until its standard input ends.
import { openDataFolder } from '../../../electron/core/storage/data-folder.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { realClock } from '../fake-clock.ts'
import { createMemoryLogger } from '../memory-ports.ts'

const [path = '', start = '0'] = process.argv.slice(2)

// All takers wait for the same moment, so that they really race.
while (Date.now() < Number(start)) await new Promise(setImmediate)
try {
  const folder = await openDataFolder({ path, clock: realClock, logger: createMemoryLogger() })
  await folder.publish({ url: 'http://127.0.0.1:7399' })
  process.stdout.write(`${JSON.stringify({ owns: true, pid: process.pid })}\n`)
  process.stdin.resume()
  process.stdin.once('end', () => {
    folder.close()
    process.exit(0)
  })
} catch (error) {
  if (!(error instanceof KeywayError)) throw error
  process.stdout.write(`${JSON.stringify({ owns: false, code: error.code, details: error.details })}\n`)
}
