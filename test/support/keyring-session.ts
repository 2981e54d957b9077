// A session bus of its own with a real gnome-keyring on it, or with nothing on it: what a desktop, a
// container and a broken machine have.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { makeTempFolder } from './temp-folder.ts'

export type KeyringSession = {
  /** For a process that is to find this bus. */
  environment: NodeJS.ProcessEnv
  close(): Promise<void>
}

/** The programs that a real keyring needs here and that are missing. */
export function missingKeyringPrograms(): string[] {
  return ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon'].filter(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined,
  )
}

/**
 * `unlocked`: as after a login. `locked`: the keyring exists, its passphrase was not given. The folder keeps
 * the keyring between two.
 */
export async function startKeyringSession(
  folder: string,
  mood: 'unlocked' | 'locked',
): Promise<KeyringSession> {
  const environment = { ...baseEnvironment(folder), ...(await startBus(folder)) }
  const bus = buses.get(environment.DBUS_SESSION_BUS_ADDRESS)
  const daemon = spawn(
    'gnome-keyring-daemon',
    ['--foreground', '--components=secrets', ...(mood === 'unlocked' ? ['--unlock'] : [])],
    { env: environment, stdio: ['pipe', 'ignore', 'ignore'] },
  )
  daemon.stdin.end(mood === 'unlocked' ? 'keyring-passphrase-of-a-test' : '')
  while (!offersSecrets(environment)) {
    if (daemon.exitCode !== null) throw new Error(`gnome-keyring-daemon ended with ${daemon.exitCode}`)
    await new Promise(setImmediate)
  }
  return { environment, close: () => endAll([daemon, bus]) }
}

// The daemon says nothing when it is ready, so the bus is asked.
function offersSecrets(environment: NodeJS.ProcessEnv): boolean {
  const question = 'org.freedesktop.DBus.NameHasOwner'
  const answer = spawnSync(
    'dbus-send',
    ['--print-reply=literal', '--dest=org.freedesktop.DBus', '/', question, 'string:org.freedesktop.secrets'],
    { env: environment, encoding: 'utf8' },
  )
  return answer.stdout.includes('true')
}

/** A bus on which nobody offers a keychain. */
export async function startEmptyBus(folder: string): Promise<KeyringSession> {
  const environment = { ...baseEnvironment(folder), ...(await startBus(folder)) }
  return { environment, close: () => endAll([buses.get(environment.DBUS_SESSION_BUS_ADDRESS)]) }
}

/** A bus that accepts a connection and never says a word. It counts who asks it and who has given up. */
export async function startSilentBus(): Promise<
  KeyringSession & { connections(): { open: number; closed: number } }
> {
  const { path: folder, remove } = makeTempFolder()
  const path = join(folder, 'bus')
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.resume())
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => {
    server.listen(path, resolve)
  })
  return {
    environment: { ...baseEnvironment(folder), DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` },
    connections() {
      const closed = sockets.filter((socket) => socket.closed).length
      return { open: sockets.length - closed, closed }
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => {
        server.close(resolve)
      })
      remove()
    },
  }
}

/** No bus at all, as in a bare container. */
export function environmentWithoutBus(folder: string): NodeJS.ProcessEnv {
  return baseEnvironment(folder)
}

function baseEnvironment(folder: string): NodeJS.ProcessEnv {
  const { DBUS_SESSION_BUS_ADDRESS: _bus, DISPLAY: _display, ...rest } = process.env
  return { ...rest, HOME: folder, XDG_DATA_HOME: join(folder, 'data'), XDG_RUNTIME_DIR: folder }
}

const buses = new Map<string, ChildProcess>()

async function startBus(folder: string): Promise<{ DBUS_SESSION_BUS_ADDRESS: string }> {
  const configuration = join(folder, 'bus.conf')
  writeFileSync(configuration, busConfiguration(folder))
  const bus = spawn('dbus-daemon', [`--config-file=${configuration}`, '--nofork', '--print-address=1'], {
    env: baseEnvironment(folder),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    bus.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
    bus.once('error', reject)
    bus.once('exit', (code) => reject(new Error(`dbus-daemon ended with ${code}`)))
  })
  buses.set(address, bus)
  return { DBUS_SESSION_BUS_ADDRESS: address }
}

// Without service folders: nothing may be started behind a test's back.
const busConfiguration = (folder: string): string =>
  `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=${folder}</listen>
<policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

async function endAll(processes: readonly (ChildProcess | undefined)[]): Promise<void> {
  for (const child of processes) {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue
    const ended = new Promise((resolve) => {
      child.once('exit', resolve)
    })
    child.kill('SIGKILL')
    await ended
  }
}
