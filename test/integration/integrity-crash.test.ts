// kill -9 between a document and the manifest, at every step of a change: no false alarm, nothing lost that
// was promised, and what was taken away does not come back.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startChild } from '../support/child-process.ts'
import { makeFolder } from '../support/edited-folder.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

async function runUntilDeath(folder: string, step: number): Promise<string[]> {
  const child = startChild('change-until-killed.ts', [folder, String(step)])
  onTestFinished(child.kill)
  const facts: string[] = []
  for (let fact = await child.next(); fact !== null; fact = await child.next())
    facts.push((fact as { changed?: string }).changed ?? 'finished')
  await child.ended
  return facts
}

/** What stands there after a start, in the words of the child. */
async function changesIn(folder: string): Promise<{ findings: string[]; has: string[] }> {
  const opened = await openTestKeyway(folder)
  const { providers, apps, settings, connections, integrity } = opened.keyway.snapshot()
  const has = [
    ...(providers[0]?.allowedHosts.length === 1 ? ['hosts'] : []),
    ...(apps[0]?.grants[0]?.token === true ? ['grants'] : []),
    ...(apps[0]?.grants.length === 0 ? ['grants', 'revoked'] : []),
    ...(settings.proxyUrl === null ? [] : ['proxy']),
    ...(connections[0]?.account === 'private' ? ['name'] : []),
  ]
  await opened.close()
  return { findings: integrity.findings.map(({ message }) => message), has }
}

test('at every step of five changes', async () => {
  const temp = tempFolder()
  const saved = join(temp, 'saved')
  const folder = join(temp, 'folder')
  cpSync((await makeFolder()).path, saved, { recursive: true })
  let deaths = 0
  for (let step = 0; ; step += 1) {
    rmSync(folder, { recursive: true, force: true })
    cpSync(saved, folder, { recursive: true })
    const facts = await runUntilDeath(folder, step)
    const { findings, has } = await changesIn(folder)
    expect(`${step}: ${findings.join()}`).toBe(`${step}: `)
    const promised = facts.filter((fact) => fact !== 'finished')
    // Everything that was promised, and at most the one change that was being made.
    expect(has.slice(0, promised.length)).toEqual(promised)
    expect(has.length - promised.length).toBeLessThanOrEqual(1)
    if (facts.includes('finished')) break
    deaths += 1
  }
  expect(deaths).toBeGreaterThan(20)
}, 600_000)
