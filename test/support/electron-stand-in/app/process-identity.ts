import { readFileSync } from 'node:fs'

/** A process id alone may be somebody else's by now; on Linux the moment of its start tells them apart. */
export type ProcessIdentity = { pid: number; startedAt: string }

function readStart(pid: number): string {
  try {
    // The name in parentheses may hold spaces; the start time is the 20th field after it.
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? ''
    return afterName.split(' ')[19] ?? ''
  } catch {
    // No such process, or not Linux.
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export function describeProcess(pid: number): ProcessIdentity {
  return { pid, startedAt: readStart(pid) }
}

export function isSameProcess(identity: ProcessIdentity): boolean {
  return isAlive(identity.pid) && readStart(identity.pid) === identity.startedAt
}
