// `npm run dev`: Electron with the window reloading as it changes; without the binary, the headless host
// restarting as it is rebuilt.
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { build, mergeConfig, type Rolldown } from 'vite'
import { parts, root } from './build/parts.ts'
import { findElectron } from './machine/electron-binary.ts'
import { passSignalsTo } from './machine/pass-signals.ts'
import { exitCodeOf, programPath } from './machine/run-program.ts'
import { runScript } from './machine/run-script.ts'

await runScript(async () => {
  const parameters = process.argv.slice(2)
  if (findElectron() !== null) {
    const child = spawn(
      process.execPath,
      [programPath('electron-vite'), 'dev', '--watch', '--', ...parameters],
      { cwd: root, stdio: 'inherit' },
    )
    passSignalsTo(child)
    return exitCodeOf(child)
  }
  console.log(
    "Electron's binary is not here: the window is rebuilt, and the headless host restarted, as files change.",
  )
  const host = restartingHost(parameters)
  const watchers = [await watch('window', () => undefined), await watch('headless', host.restart)]
  await untilAskedToEnd()
  for (const watcher of watchers) await watcher.close()
  await host.close()
  return 0
})

/**
 * Builds the part now and after each change; resolves after the first build. A failed build is reported and
 * repeated after the next change.
 */
async function watch(name: 'window' | 'headless', built: () => void): Promise<Rolldown.RolldownWatcher> {
  const part = parts.find((one) => one.name === name)
  if (part === undefined) throw new Error(`There is no part "${name}".`)
  const watcher = (await build(
    mergeConfig(await part.config(), { logLevel: 'warn', build: { watch: {} } }),
  )) as Rolldown.RolldownWatcher
  await new Promise<void>((resolve) => {
    watcher.on('event', (event) => {
      if (event.code === 'ERROR') console.error(event.error.message)
      if (event.code !== 'END') return
      built()
      resolve()
    })
  })
  return watcher
}

/** Each restart lets the running host shut down before the new one starts. */
function restartingHost(parameters: readonly string[]): { restart(): void; close(): Promise<void> } {
  let child: ChildProcess | null = null
  let next: (() => void) | null = null
  const start = (): void => {
    child = spawn(process.execPath, [join(root, 'out/headless/main.js'), ...parameters], {
      cwd: root,
      stdio: 'inherit',
    })
    child.once('exit', () => {
      child = null
      next?.()
    })
  }
  return {
    restart() {
      if (child === null) return start()
      next = () => {
        next = null
        start()
      }
      child.kill('SIGTERM')
    },
    async close() {
      next = null
      if (child === null) return
      const ended = exitCodeOf(child)
      child.kill('SIGTERM')
      await ended
    },
  }
}

function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}
