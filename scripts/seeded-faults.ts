// `npm run faults`: applies each seeded fault to a copy of the tree and expects its tests to fail. They must
// pass without the fault first.
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { seededFaults, type SeededFault } from '../test/faults/faults.ts'
import { root } from './build/parts.ts'
import { exitCodeOf, programPath } from './machine/run-program.ts'
import { runScript } from './machine/run-script.ts'

/** A copy of all files that git tracks, with this tree's packages and build. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'keyway-faults-'))
  const files = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root })
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)))
  for (const path of files) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    cpSync(join(root, path), join(copy, path))
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  if (existsSync(join(root, 'out'))) cpSync(join(root, 'out'), join(copy, 'out'), { recursive: true })
  return copy
}

function runTests(copy: string, tests: readonly string[]): Promise<number> {
  const parameters = [programPath('vitest'), 'run', '--bail', '1', '--reporter', 'dot', ...tests]
  return exitCodeOf(spawn(process.execPath, parameters, { cwd: copy, stdio: 'ignore' }))
}

async function isNoticed(copy: string, { file, find, replace, tests }: SeededFault): Promise<boolean> {
  const path = join(copy, file)
  const sound = readFileSync(path, 'utf8')
  if (sound.split(find).length !== 2) throw new Error(`${file} must contain exactly once: ${find}`)
  writeFileSync(
    path,
    sound.replace(find, () => replace),
  )
  try {
    return (await runTests(copy, tests)) !== 0
  } finally {
    writeFileSync(path, sound)
  }
}

await runScript(async () => {
  const wanted = process.argv.slice(2)
  const chosen = seededFaults.filter(
    ({ name }) => wanted.length === 0 || wanted.some((w) => name.includes(w)),
  )
  const copy = copyTree()
  try {
    const tests = [...new Set(chosen.flatMap((fault) => fault.tests))]
    if ((await runTests(copy, tests)) !== 0) {
      console.error('The tests fail without any fault; mend them first.')
      return 1
    }
    let missed = 0
    for (const fault of chosen) {
      const noticed = await isNoticed(copy, fault)
      if (!noticed) missed += 1
      console.log(`${noticed ? 'noticed' : 'MISSED '}  ${fault.name}`)
    }
    console.log(`${chosen.length - missed} of ${chosen.length} seeded faults noticed`)
    return missed === 0 && chosen.length > 0 ? 0 : 1
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})
