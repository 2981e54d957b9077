// `npm run dev`: Electron with the window reloading as it changes; without the binary, the headless host restarting as it is rebuilt.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, mergeConfig } from 'vite'
import { buildStale, parts, root } from './build/parts.ts'
import { findElectron } from './machine/electron-binary.ts'
import { passSignalsTo } from './machine/pass-signals.ts'
import { exitCodeOf, programPath } from './machine/run-program.ts'
import { runScript } from './machine/run-script.ts'

const say = (line: string): void => console.log(line)

await runScript(async () => {
  const parameters = process.argv.slice(2)
  if (findElectron() !== null) {
    return run([programPath('electron-vite'), 'dev', '--watch', '--', ...parameters])
  }
  say("Electron's binary is not here; the headless host restarts and the window is rebuilt as files change.")
  await buildStale(['window', 'headless'], { force: false, say })
  for (const part of parts.filter(({ name }) => name === 'window' || name === 'headless')) {
    await build(mergeConfig(await part.config(), { logLevel: 'warn', build: { watch: {} } }))
  }
  return run(['--watch', join(root, 'out/headless/main.js'), ...parameters])
})

function run(parameters: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, parameters, { cwd: root, stdio: 'inherit' })
  passSignalsTo(child)
  return exitCodeOf(child)
}
