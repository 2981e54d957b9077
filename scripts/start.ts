// `npm start`: the desktop window, or the same window in the browser where Electron's binary is not
// available.
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { buildStale, root } from './build/parts.ts'
import { ensureElectron, findElectron } from './machine/electron-binary.ts'
import { passSignalsTo } from './machine/pass-signals.ts'
import { exitCodeOf } from './machine/run-program.ts'
import { runScript } from './machine/run-script.ts'

const say = (line: string): void => console.log(line)

await runScript(async () => {
  const parameters = process.argv.slice(2)
  const obstacle = noDesktopBecause()
  const electron = obstacle === null ? await ensureElectron(say) : null
  if (electron === null) {
    say(
      `Electron's binary is ${reasonWithout(obstacle)}; starting the headless host with the same window in your browser.`,
    )
    await buildStale(['window', 'headless'], { force: false, say })
    return run(process.execPath, [join(root, 'out/headless/main.js'), ...parameters])
  }
  await buildStale(['window', 'main', 'preload'], { force: false, say })
  return run(electron, [root, ...parameters])
})

function reasonWithout(obstacle: string | null): string {
  if (obstacle === null) return 'not here and cannot be fetched'
  return findElectron() === null ? `not here, and ${obstacle}` : `here, but ${obstacle}`
}

/** Why Electron cannot open a window although its binary is installed. */
function noDesktopBecause(): string | null {
  if (process.platform !== 'linux') return null
  const { DISPLAY: x11, WAYLAND_DISPLAY: wayland } = process.env
  if ((x11 ?? '') === '' && (wayland ?? '') === '') return 'there is no display for its window'
  return process.getuid?.() === 0 ? 'it does not run as root' : null
}

function run(program: string, parameters: readonly string[]): Promise<number> {
  const child = spawn(program, parameters, { cwd: root, stdio: 'inherit' })
  passSignalsTo(child)
  return exitCodeOf(child)
}
