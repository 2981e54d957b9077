// A program that runs as the person and has a shell, but not the person's eyes: what it can do to get at the
// window.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/build/parts.ts'
import { hostProgram } from './host-process.ts'
import type { Json } from './local-api.ts'
import { tempFolder } from './temp-folder.ts'
import { browserFetch, openLaunchLink, type BrowserSession } from './window-hosts.ts'

type Ran = { exit: number | null; out: string; err: string }

/** Runs a built program of Keyway to its end. */
export function runProgram(
  program: 'cli' | 'host',
  parameters: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ran> {
  const file = program === 'cli' ? join(root, 'electron/cli/keyway.mjs') : hostProgram
  const child = spawn(process.execPath, [file, ...parameters], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit) => resolve({ exit, out, err }))
  })
}

/** A "browser" that writes down the address it is given. */
export function recordingBrowser(): { command: string; opened: () => string } {
  const folder = tempFolder()
  const record = join(folder, 'opened')
  const command = join(folder, 'browser')
  writeFileSync(command, `#!/bin/sh\nprintf '%s' "$1" > '${record}'\n`, { mode: 0o700 })
  return { command, opened: () => (existsSync(record) ? readFileSync(record, 'utf8') : '') }
}

/** A window's session in a browser, with what a proof makes of it. */
export class BrowserWindow {
  readonly url: string
  session: BrowserSession

  private constructor(url: string, session: BrowserSession) {
    this.url = url
    this.session = session
  }

  static async open(link: string): Promise<BrowserWindow> {
    return new BrowserWindow(new URL(link).origin, await openLaunchLink(link))
  }

  static with(url: string, session: BrowserSession): BrowserWindow {
    return new BrowserWindow(url, session)
  }

  async ask(name: string, input?: unknown): Promise<{ status: number; body: Json }> {
    const answer = await browserFetch(this.url, this.session, name, input)
    const [cookie] = answer.headers.getSetCookie()
    const proof = answer.headers.get('x-keyway-window')
    if (cookie !== undefined && proof !== null) this.session = { cookie: cookie.split(';')[0] ?? '', proof }
    return { status: answer.status, body: await answer.json() }
  }

  /** @throws when the call fails */
  async call(name: string, input?: unknown): Promise<Json> {
    const { body } = await this.ask(name, input)
    if (body.ok !== true) throw new Error(`${name}: ${JSON.stringify(body)}`)
    return body.value
  }
}
