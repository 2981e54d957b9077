// Opens a data folder, changes what decides, and kills itself in front of the given step of writing. Prints
// each change that it was promised is durable. Steps are counted from the first change on.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { writeSync } from 'node:fs'

const [folder = '', wanted = '0'] = process.argv.slice(2)
let step = -1
const before = <Given extends unknown[], Result>(call: (...given: Given) => Result) =>
  ((...given: Given): Result => {
    if (step >= 0 && step++ === Number(wanted)) process.kill(process.pid, 'SIGKILL')
    return call(...given)
  }) as typeof call

// Before anything else is loaded: conf's writer keeps the functions that it finds.
// What a kill leaves depends on the renames alone: a write or a sync before one is not seen yet.
Object.assign(fs, { renameSync: before(fs.renameSync) })
Object.assign(fs.promises, { rename: before(fs.promises.rename) })
syncBuiltinESMExports()

const promise = (fact: unknown): void => {
  writeSync(1, `${JSON.stringify(fact)}\n`)
}
const { openTestKeyway } = await import('../open-test-keyway.ts')
const { keyway } = await openTestKeyway(folder)
const [app] = keyway.apps.list()
const [provider] = keyway.providers.list()
const [connection] = keyway.connections.list()
const grants = app?.grants ?? []

step = 0
keyway.providers.update(provider?.id ?? '', { allowedHosts: ['files.example.test'] })
promise({ changed: 'hosts' })
keyway.apps.update(app?.id ?? '', {
  grants: grants.map((grant) => Object.assign({}, grant, { token: true })),
})
promise({ changed: 'grants' })
keyway.apps.update(app?.id ?? '', { grants: [] })
promise({ changed: 'revoked' })
await keyway.ui['settings.update']({ proxyUrl: 'http://proxy.example.test:8080' })
promise({ changed: 'proxy' })
await keyway.connections.rename(connection?.id ?? '', 'private')
promise({ changed: 'name' })
promise({ finished: true })
process.kill(process.pid, 'SIGKILL')
