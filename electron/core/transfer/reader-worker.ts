// The worker thread that parses foreign files. It contains no other part of Keyway: text comes in, plain
// values go out.
import { parentPort } from 'node:worker_threads'
import { asKeywayError } from '../../../shared/contract/errors.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { readForeign } from '../../../shared/domain/foreign/foreign.ts'
import { openBundle } from './bundle-file.ts'
import { parseContent } from './content.ts'
import type { ReaderReply, ReaderTask } from './file-reader.ts'
import { readProviderFile } from './provider-file.ts'

/** Small enough to be received without blocking the main thread. */
const RECORDS_AT_ONCE = 100

const port = parentPort
if (port === null) throw new Error('this is a worker')

const say = (reply: ReaderReply): void => port.postMessage(reply)

async function run(task: ReaderTask): Promise<void> {
  if (task.kind === 'foreign') say({ kind: 'value', value: readForeign(task.text, task.format) })
  else if (task.kind === 'provider') say({ kind: 'value', value: readProviderFile(task.text, task.slug) })
  else {
    const { createdAt, content } = await openBundle(task.text, new Secret(task.passphrase))
    const { providers, connections, apps, ...rest } = parseContent(content)
    for (const [name, records] of Object.entries({ providers, connections, apps })) {
      for (let at = 0; at < records.length; at += RECORDS_AT_ONCE) {
        say({ kind: 'piece', name, records: records.slice(at, at + RECORDS_AT_ONCE) })
        await taken()
      }
    }
    say({ kind: 'value', value: { createdAt, rest } })
  }
}

let takenBy: () => void = () => undefined
/**
 * The next chunk is sent after the previous one was received; otherwise all would be deserialized in one
 * step.
 */
const taken = (): Promise<void> => new Promise((resolve) => (takenBy = resolve))

port.on('message', (message: ReaderTask | 'taken') => {
  if (message === 'taken') {
    takenBy()
    return
  }
  run(message).catch((error: unknown) => {
    const { code, message: sentence, nextStep, details } = asKeywayError(error)
    say({ kind: 'failure', code, message: sentence, nextStep, details })
  })
})
