#!/usr/bin/env node
// Entry point of `keyway`. Plain JavaScript, because it must also report an error on a Node version that is
// too old for the rest.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const ownNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

if (!existsSync(join(root, 'out', 'headless', 'cli.js'))) {
  process.stderr.write(
    'keyway: The command line has not been built. (internal_error)\nRun "npm run build" first.\n',
  )
  process.exitCode = 1
} else if (major > 22 || (major === 22 && minor >= 18)) {
  await import('../../out/headless/cli.js')
} else if (existsSync(ownNode)) {
  const { status } = spawnSync(ownNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
} else {
  process.stderr.write(
    `keyway: This is Node ${process.versions.node}, and 22.18 is the least it needs. (internal_error)\nInstall Node 24, or run "npm ci".\n`,
  )
  process.exitCode = 1
}
