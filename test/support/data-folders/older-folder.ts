// The committed data folders of earlier versions (see make-folders.mjs), each with what that version itself
// read in it.
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../scripts/build/parts.ts'
import type { OpenDeps } from '../../../electron/core/open-keyway.ts'
import type { Clock } from '../../../electron/core/ports.ts'
import { createKeyringKeyWrapper } from '../../../electron/headless/keyring-key-wrapper.ts'
import type { RunKeyring } from '../../../electron/headless/keyring-child.ts'
import { realClock } from '../fake-clock.ts'
import { openDeps } from '../open-test-keyway.ts'
import { tempFolder } from '../temp-folder.ts'

const fixtures = join(root, 'test/fixtures/data-folders')

export type FolderContents = {
  passphrase: string
  /** Epoch ms. */
  writtenUntil: number
  providers: Array<{
    id: string
    slug: string
    name: string
    allowedHosts: string[]
    hasClientSecret: boolean
    token: string | null
  }>
  connections: Array<{
    id: string
    providerId: string
    account: string
    identity: { id: string | null; label: string | null }
    generation: number
    /** SHA-256 in hex. */
    accessToken: string
    hasPrevious: boolean
  }>
  apps: Array<{
    id: string
    name: string
    paused: boolean
    manage: boolean
    approve: boolean
    grants: number
    keys: number
    key: string | null
  }>
  settings: Record<string, unknown>
  activity: { rows: number }
  /** What stood in the operating system's keychain. */
  keychain?: Record<string, string>
}

export type OlderFolder = { name: string; path: string; contents: FolderContents }

/** `<commit>/<folder>` of each. */
export function olderFolderNames(): string[] {
  return readdirSync(fixtures).flatMap((version) =>
    readdirSync(join(fixtures, version), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${version}/${entry.name}`),
  )
}

/** A copy of it for one test. */
export function copyOlderFolder(name: string): OlderFolder {
  const path = join(tempFolder(), 'data')
  cpSync(join(fixtures, name), path, { recursive: true })
  const contents = JSON.parse(readFileSync(join(fixtures, `${name}.contents.json`), 'utf8')) as FolderContents
  return { name, path, contents }
}

/** At the time at which it was written, with the keychain that it needs. */
export function depsFor({ path, contents }: OlderFolder): OpenDeps {
  const behindMs = Date.now() - contents.writtenUntil
  const clock: Clock = { ...realClock, now: () => Date.now() - behindMs }
  const entries = new Map(Object.entries(contents.keychain ?? {}))
  return {
    ...openDeps(path),
    clock,
    keyWrappers: [createKeyringKeyWrapper({ run: keyringIn(entries), platform: 'linux' })],
  }
}

/** A keychain that is a map. */
export function keyringIn(entries: Map<string, string>): RunKeyring {
  return async (steps) =>
    steps.map((step) => {
      if (step.op === 'set') {
        entries.set(step.account, step.value)
        return null
      }
      return step.op === 'get' ? (entries.get(step.account) ?? null) : entries.delete(step.account)
    })
}
