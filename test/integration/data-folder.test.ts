import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDataFolder, readOwnerFacts } from '../../electron/core/storage/data-folder.ts'
import { startChild, type Child } from '../support/child-process.ts'
import { realClock } from '../support/fake-clock.ts'
import { createMemoryLogger } from '../support/memory-ports.ts'
import { tempFolder } from '../support/temp-folder.ts'

const open = (path: string) => openDataFolder({ path, clock: realClock, logger: createMemoryLogger() })

function startOwner(path: string, at = 0): Child {
  const child = startChild('own-folder.ts', [path, String(at)])
  onTestFinished(child.kill)
  return child
}

describe('a data folder and several processes', () => {
  it('belongs to one; the second learns its process, since when, and where to reach it', async () => {
    const path = tempFolder()
    const owner = startOwner(path)
    expect(await owner.next()).toEqual({ owns: true, pid: owner.process.pid })
    await expect(open(path)).rejects.toMatchObject({
      code: 'data_folder_busy',
      message: expect.stringContaining(String(owner.process.pid)) as string,
      details: { holderPid: owner.process.pid, url: 'http://127.0.0.1:7399', port: 7399 },
    })
  })

  it('is the same folder by another name', async () => {
    const path = tempFolder()
    const link = join(tempFolder(), 'link')
    symlinkSync(path, link)
    const owner = startOwner(path)
    await owner.next()
    await expect(open(link)).rejects.toMatchObject({ code: 'data_folder_busy' })
  })

  it('is taken over at once when its owner was killed', async () => {
    const path = tempFolder()
    const owner = startOwner(path)
    await owner.next()
    await owner.kill()
    expect(readOwnerFacts(path)).toMatchObject({ pid: owner.process.pid })
    const folder = await open(path)
    expect(readOwnerFacts(path)).toMatchObject({ pid: process.pid })
    folder.close()
  })

  it('is handed over when its owner ends by itself', async () => {
    const path = tempFolder()
    const owner = startOwner(path)
    await owner.next()
    owner.process.stdin?.end()
    expect(await owner.ended).toEqual({ code: 0, signal: null })
    const folder = await open(path)
    folder.close()
  })

  it('is won by exactly one of many that race for a dead owner, round after round', async () => {
    const path = tempFolder()
    const takers = 8
    for (let round = 0; round < 4; round += 1) {
      const start = Date.now() + 700
      const children = Array.from({ length: takers }, () => startOwner(path, start))
      const answers = await Promise.all(children.map((child) => child.next()))
      const winners = answers.filter((answer) => (answer as { owns: boolean }).owns)
      expect(winners).toHaveLength(1)
      const winner = winners[0] as { pid: number }
      for (const answer of answers) {
        if (answer === winner) continue
        expect(answer).toMatchObject({ code: 'data_folder_busy', details: { holderPid: winner.pid } })
      }
      // The winner dies without a word, and the next round races for what it left.
      await Promise.all(children.map((child) => child.kill()))
    }
  }, 60_000)
})
