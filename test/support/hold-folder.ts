// A Keyway that opens a folder and stays, until it is killed or told to end by a signal.
import { openTestKeyway } from './open-test-keyway.ts'

const [folder = ''] = process.argv.slice(2)
const { close } = await openTestKeyway(folder)
process.on('SIGTERM', () => void close().then(() => process.exit(0)))
console.log('ready')
setInterval(() => undefined, 60_000)
