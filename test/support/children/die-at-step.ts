// Does one piece of work and kills itself in front of the given step of writing. Prints each thing that it
// was promised is durable.
import { writeSync } from 'node:fs'
import { createRecordStore } from '../../../electron/core/storage/records.ts'
import { createPassphraseKeyWrappers } from '../../../electron/core/vault/passphrase-wrapper.ts'
import { createVault } from '../../../electron/core/vault/vault.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { realClock } from '../fake-clock.ts'
import { watchFileOps } from '../faulty-file-ops.ts'
import { createMemoryLogger } from '../memory-ports.ts'

const [work = '', folder = '', step = '0'] = process.argv.slice(2)

const { ops } = watchFileOps((at) => {
  if (at === Number(step)) process.kill(process.pid, 'SIGKILL')
})
// A synchronous write: what the parent reads was promised before the process died.
const promise = (fact: unknown): void => {
  writeSync(1, `${JSON.stringify(fact)}\n`)
}
const store = createRecordStore({
  folder,
  clock: realClock,
  logger: createMemoryLogger(),
  onCorruptFile: (damage) => promise({ damage }),
  ops,
})

async function records(): Promise<void> {
  for (let n = 1; n <= 3; n += 1) {
    await store.put('a', { n, padding: 'x'.repeat(5000) })
    promise({ put: n })
  }
  await store.remove('a')
  promise({ removed: true })
}

function openVault() {
  const passphrase = createPassphraseKeyWrappers({ cost: { N: 1024, r: 8, p: 1 } })
  return createVault({ store, keyWrappers: [], passphrase, clock: realClock, logger: createMemoryLogger() })
}

async function initialise(): Promise<void> {
  const vault = openVault()
  await vault.initialize('passphrase', new Secret('first passphrase'))
  promise({ sealed: vault.seal(new Secret('kept'), 'a') })
}

async function changePassphrase(): Promise<void> {
  const vault = openVault()
  await vault.unlock(new Secret('first passphrase'))
  await vault.changePassphrase({
    current: new Secret('first passphrase'),
    next: new Secret('second passphrase'),
  })
  promise({ changed: true })
}

const works: Record<string, () => Promise<void>> = { records, initialise, changePassphrase }
await works[work]?.()
promise({ finished: true })
