// Writes to every kind of store at once until it is killed, and prints each thing that it was promised is
// durable.
import { writeSync } from 'node:fs'
import { openActivityJournal } from '../../../electron/core/audit-log/audit-log.ts'
import { openDataFolder } from '../../../electron/core/storage/data-folder.ts'
import { createRecordStore } from '../../../electron/core/storage/records.ts'
import { createConfKv } from '../../../electron/headless/headless.ts'
import { realClock } from '../fake-clock.ts'
import { createMemoryLogger } from '../memory-ports.ts'

const [path = '', first = '1'] = process.argv.slice(2)
const promise = (fact: unknown): void => {
  writeSync(1, `${JSON.stringify(fact)}\n`)
}
const common = {
  clock: realClock,
  logger: createMemoryLogger(),
  onCorruptFile: (damage: unknown) => promise({ damage }),
}

const folder = await openDataFolder({ path, ...common })
const records = createRecordStore({ folder: folder.resolve('connections'), ...common })
const settings = createConfKv({ folder: folder.path, name: 'settings', ...common })
const journal = openActivityJournal({
  folder: folder.resolve('activity'),
  ...common,
  maxSegmentBytes: 20_000,
})
promise({ started: true })

const writeRecords = async (id: string): Promise<void> => {
  for (let n = Number(first); ; n += 1) {
    await records.put(id, { n, padding: id.repeat(300) })
    promise({ record: id, n })
  }
}
const writeSettings = async (): Promise<void> => {
  for (let n = Number(first); ; n += 1) {
    settings.set('n', n)
    promise({ settings: n })
    await new Promise(setImmediate)
  }
}
const record = async (): Promise<void> => {
  for (;;) {
    let seq = 0
    const stop = journal.onAppend((row) => {
      seq = row.seq
    })
    for (let n = 0; n < 7; n += 1) journal.append({ kind: 'vend', outcome: 'ok', appId: 'app_1' })
    stop()
    await journal.flush()
    promise({ journal: seq })
  }
}
await Promise.all([...['a', 'b', 'c'].map(writeRecords), writeSettings(), record()])
