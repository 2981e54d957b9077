import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type ActivityJournalDeps,
  openActivityJournal,
} from '../../../../electron/core/audit-log/audit-log.ts'
import { nextLine, parseLine } from '../../../../electron/core/audit-log/entry.ts'
import type { WriteAt } from '../../../../electron/core/audit-log/segments.ts'
import type { CorruptFile } from '../../../../electron/core/ports.ts'
import {
  activityQuery,
  activityRow,
  type ActivityEntry,
  type ActivityRow,
} from '../../../../shared/contract/activity.ts'
import { createFakeClock, type FakeClock } from '../../../support/fake-clock.ts'
import { systemError } from '../../../support/faulty-file-ops.ts'
import { createMemoryLogger } from '../../../support/memory-ports.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const DAY = 24 * 60 * 60 * 1000

function openJournal(folder: string, more: Partial<ActivityJournalDeps> & { clock?: FakeClock } = {}) {
  const clock = more.clock ?? createFakeClock()
  const damages: CorruptFile[] = []
  const logger = createMemoryLogger()
  const journal = openActivityJournal({
    folder,
    clock,
    logger,
    onCorruptFile: (damage) => damages.push(damage),
    ...more,
  })
  onTestFinished(() => journal.close())
  return { journal, clock, damages, logger }
}

const query = (input: Parameters<typeof activityQuery.parse>[0] = {}) => activityQuery.parse(input)
const vend = (n: number): ActivityEntry => ({ kind: 'vend', outcome: 'ok', appId: `app_${n}` })
const segmentsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
const read = (folder: string): string =>
  segmentsIn(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')

/** A closed log on disk with `count` rows in one segment. */
async function written(folder: string, count: number): Promise<string> {
  const { journal } = openJournal(folder)
  for (let n = 1; n <= count; n += 1) journal.append(vend(n))
  await journal.close()
  return join(folder, segmentsIn(folder)[0]!)
}

describe('recording', () => {
  it('shows a row at once, newest first, and keeps it for the next run, which goes on with the chain', async () => {
    const folder = tempFolder()
    const first = openJournal(folder)
    const heard: number[] = []
    first.journal.onAppend((row) => heard.push(row.seq))
    first.journal.append({ kind: 'connect', outcome: 'ok', providerSlug: 'github', account: 'work' })
    first.journal.append({ kind: 'vend', outcome: 'refused', appId: 'app_1', code: 'forbidden' })
    expect(read(folder)).toBe('')
    const rows = await first.journal.query(query())
    expect(rows).toMatchObject([
      { seq: 2, kind: 'vend', outcome: 'refused', code: 'forbidden' },
      { seq: 1, kind: 'connect', account: 'work', prev: '0'.repeat(64) },
    ])
    for (const row of rows) expect(activityRow.parse(row)).toEqual(row)
    expect(heard).toEqual([1, 2])
    await first.journal.close()
    await first.journal.close()

    const second = openJournal(folder)
    second.journal.append(vend(3))
    const [newest, before] = await second.journal.query(query())
    expect(newest).toMatchObject({ seq: 3, prev: before!.hash })
    expect(await second.journal.verify()).toMatchObject({ ok: true, rows: 3, firstBad: null })
  })

  it('is on disk a moment later and synced within a second, with nobody waiting for it', async () => {
    const folder = tempFolder()
    const { journal, clock } = openJournal(folder)
    journal.append(vend(1))
    journal.append(vend(2))
    expect(clock.waiting).toBe(1)
    clock.advance(50)
    await expect.poll(() => read(folder).split('\n').length).toBe(3)
    expect(readdirSync(folder)).not.toContain('chain.json')
    await expect.poll(() => clock.waiting).toBe(1)
    clock.advance(900)
    await expect.poll(() => readdirSync(folder)).toContain('chain.json')
    const chain = JSON.parse(readFileSync(join(folder, 'chain.json'), 'utf8')) as { head: { seq: number } }
    expect(chain.head.seq).toBe(2)
  })

  it.skipIf(process.platform === 'win32')('keeps files to their owner', async () => {
    const folder = join(tempFolder(), 'activity')
    await written(folder, 1)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  it('holds no secret, whatever is put into a note or a path', async () => {
    const folder = tempFolder()
    const { journal } = openJournal(folder)
    journal.append({ kind: 'proxy', outcome: 'ok', path: '/v1/me?access_token=cAnAry7#cAnAry7' })
    journal.append({ kind: 'failure', outcome: 'failed', note: 'the server said: Bearer cAnAry7Secret' })
    journal.append({ kind: 'failure', outcome: 'failed', note: 'n'.repeat(10_000) })
    await journal.flush()
    expect(read(folder)).not.toContain('cAnAry7')
    expect(await journal.query(query())).toMatchObject([
      { note: 'n'.repeat(500) },
      { note: expect.stringContaining('[redacted]') as string },
      { path: '/v1/me' },
    ])
  })

  it('goes on when a listener fails or stops listening', async () => {
    const { journal } = openJournal(tempFolder())
    const heard: number[] = []
    journal.onAppend(() => {
      throw new Error('listener')
    })
    const stop = journal.onAppend(({ seq }) => heard.push(seq))
    journal.append(vend(1))
    stop()
    journal.append(vend(2))
    expect(heard).toEqual([1])
    expect(await journal.query(query())).toHaveLength(2)
  })
})

describe('searching', () => {
  const kinds = ['vend', 'proxy', 'refresh'] as const
  const outcomes = ['ok', 'refused', 'failed'] as const

  it('finds the same rows as looking at every one, from memory and disk and many segments, page by page', async () => {
    const clock = createFakeClock(1_000_000)
    const { journal } = openJournal(tempFolder(), { clock, maxSegmentBytes: 2_000 })
    const all: ActivityRow[] = []
    journal.onAppend((row) => all.unshift(row))
    for (let n = 0; n < 300; n += 1) {
      // The clock is set back occasionally.
      clock.jumpTo(1_000_000 + n * 10 - (n % 50 === 49 ? 2_000 : 0))
      journal.append({
        kind: kinds[n % 3]!,
        outcome: outcomes[n % 7 === 0 ? 1 : n % 11 === 0 ? 2 : 0],
        appId: `app_${n % 5}`,
        connectionId: `con_${n % 13}`,
        note: `"kind":"vend","appId":"app_1" in a note`,
      })
      if (n % 60 === 59 && n < 290) await journal.flush()
    }
    const field = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined })
    const queries = fc.record({
      appId: field(fc.constantFrom('app_1', 'app_4', 'app_9')),
      connectionId: field(fc.constantFrom('con_0', 'con_12')),
      kind: field(fc.constantFrom(...kinds)),
      outcome: field(fc.constantFrom(...outcomes)),
      from: field(fc.integer({ min: 999_000, max: 1_004_000 })),
      to: field(fc.integer({ min: 999_000, max: 1_004_000 })),
      before: field(fc.integer({ min: 1, max: 320 })),
      limit: fc.integer({ min: 1, max: 400 }),
    })
    const isWanted = (row: ActivityRow, q: ReturnType<typeof query>): boolean =>
      (q.appId === undefined || row.appId === q.appId) &&
      (q.connectionId === undefined || row.connectionId === q.connectionId) &&
      (q.kind === undefined || row.kind === q.kind) &&
      (q.outcome === undefined || row.outcome === q.outcome) &&
      row.at >= (q.from ?? -Infinity) &&
      row.at < (q.to ?? Infinity) &&
      row.seq < (q.before ?? Infinity)
    await fc.assert(
      fc.asyncProperty(queries, async (input) => {
        const q = query(JSON.parse(JSON.stringify(input)))
        expect(await journal.query(q)).toEqual(all.filter((row) => isWanted(row, q)).slice(0, q.limit))
      }),
    )

    const paged: ActivityRow[] = []
    for (let page = await journal.query(query({ limit: 7 })); page.length > 0;) {
      paged.push(...page)
      page = await journal.query(query({ limit: 7, before: page.at(-1)!.seq }))
    }
    expect(paged).toEqual(all)
  })

  it('gives every row once while rows are being written', async () => {
    const { journal } = openJournal(tempFolder(), { maxSegmentBytes: 1_000 })
    for (let n = 1; n <= 200; n += 1) {
      journal.append(vend(n))
      const flushing = n % 9 === 0 ? journal.flush() : Promise.resolve()
      const rows = await journal.query(query({ limit: 1000 }))
      expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: n }, (_, at) => n - at))
      await flushing
    }
  })

  it('parses no more of a hundred thousand rows than it shows, whatever is asked', async () => {
    const { journal } = openJournal(tempFolder())
    for (let n = 0; n < 100_000; n += 1) {
      journal.append({
        ...vend(n % 50),
        connectionId: `con_${n % 9000}`,
        providerSlug: 'github',
        account: 'work',
      })
      if (n % 10_000 === 9_999) await journal.flush()
    }
    const questions = [
      {},
      { appId: 'app_7' },
      { connectionId: 'con_8999' },
      { kind: 'connect' },
      { before: 300 },
    ]
    for (const input of questions) {
      const asked = query(input)
      const parse = vi.spyOn(JSON, 'parse')
      const rows = await journal.query(asked)
      const parsed = parse.mock.calls.length
      parse.mockRestore()
      expect({ input, parsed }).toEqual({ input, parsed: rows.length })
    }
  }, 60_000)
})

describe('verifying', () => {
  const forged = (line: string, change: Partial<ActivityEntry>): string => {
    const { seq, at, prev, hash: _hash, ...entry } = parseLine(line)!
    return nextLine({ ...entry, ...change }, at, { seq: seq - 1, hash: prev }).line.trimEnd()
  }
  const tampering: [string, (lines: string[]) => string[], number, RegExp][] = [
    ['edited', (l) => l.with(4, l[4]!.replace('app_5', 'app_6')), 5, /changed/],
    [
      'edited, with its hash made anew',
      (l) => l.with(4, forged(l[4]!, { appId: 'nobody' })),
      5,
      /not the one/,
    ],
    [
      'the newest edited, with its hash made anew',
      (l) => l.with(9, forged(l[9]!, { appId: 'x' })),
      10,
      /not the one/,
    ],
    ['removed', (l) => l.toSpliced(4, 1), 5, /missing/],
    ['two removed', (l) => l.toSpliced(4, 2), 5, /Rows 5 to 6/],
    ['the first removed', (l) => l.slice(1), 1, /missing/],
    ['swapped', (l) => l.with(4, l[5]!).with(5, l[4]!), 5, /out of order/],
    ['repeated', (l) => l.toSpliced(5, 0, l[4]!), 5, /again/],
    ['cut in half', (l) => l.with(4, l[4]!.slice(0, 40)), 5, /changed|no row/],
    ['an empty line put in', (l) => l.toSpliced(4, 0, ''), 5, /no row/],
    ['the newest cut off', (l) => l.slice(0, 7), 8, /rows 8 to 10 are missing|Rows 8 to 10/],
    ['everything cut off', () => [], 1, /missing/],
  ]
  it.each(tampering)(
    'names the row when one is %s, in this run and after a restart',
    async (_, tamper, firstBad, message) => {
      const folder = tempFolder()
      const { journal } = openJournal(folder)
      for (let n = 1; n <= 10; n += 1) journal.append(vend(n))
      await journal.flush()
      expect(await journal.verify()).toMatchObject({ ok: true, rows: 10 })
      const file = join(folder, segmentsIn(folder)[0]!)
      const lines = tamper(readFileSync(file, 'utf8').trimEnd().split('\n'))
      writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
      expect(await journal.verify()).toMatchObject({
        ok: false,
        firstBad,
        message: expect.stringMatching(message) as string,
      })
      await journal.close()

      const again = openJournal(folder)
      again.journal.append(vend(11))
      await again.journal.flush()
      expect(await again.journal.verify()).toMatchObject({ ok: false, firstBad })
    },
  )

  it('does not write over rows that are gone, and records that they are', async () => {
    const folder = tempFolder()
    const file = await written(folder, 10)
    writeFileSync(file, `${readFileSync(file, 'utf8').split('\n').slice(0, 7).join('\n')}\n`)
    const { journal } = openJournal(folder)
    expect((await journal.query(query()))[0]).toMatchObject({
      seq: 11,
      kind: 'system',
      code: 'data_damaged',
      note: 'The rows 8 to 10 were on disk once and are gone.',
    })
  })

  it('goes on, in a file of its own, when a whole segment turned to junk', async () => {
    const folder = tempFolder()
    const file = await written(folder, 3)
    const junk = 'not a row\n'.repeat(30)
    writeFileSync(file, junk)
    unlinkSync(join(folder, 'chain.json'))
    const { journal } = openJournal(folder)
    journal.append(vend(1))
    await journal.flush()
    const kept = readdirSync(join(folder, 'set-aside')).map((name) =>
      readFileSync(join(folder, 'set-aside', name), 'utf8'),
    )
    expect(kept).toEqual([junk])
    expect(await journal.query(query())).toMatchObject([{ seq: 1, appId: 'app_1' }])
  })

  it('lets the event loop run meanwhile', async () => {
    const { journal } = openJournal(tempFolder())
    for (let n = 0; n < 15_000; n += 1) journal.append(vend(n))
    await journal.flush()
    let turns = 0
    let verifying = true
    const count = (): void => {
      turns += 1
      if (verifying) setImmediate(count)
    }
    setImmediate(count)
    await journal.verify()
    verifying = false
    expect(turns).toBeGreaterThan(10)
  })
})

describe('after a crash', () => {
  it.each([1, 40, 200])(
    'takes a torn last line off, keeps every other row, and records it (%d bytes)',
    async (bytes) => {
      const folder = tempFolder()
      const file = await written(folder, 10)
      const whole = readFileSync(file, 'utf8')
      const torn = nextLine(vend(11), 0, { seq: 10, hash: '0'.repeat(64) }).line.slice(0, bytes)
      writeFileSync(file, whole + torn)
      const { journal } = openJournal(folder)
      expect(await journal.query(query({ limit: 2 }))).toMatchObject([
        { seq: 11, kind: 'system', outcome: 'failed', code: 'data_damaged' },
        { seq: 10 },
      ])
      expect(await journal.verify()).toMatchObject({ ok: true, rows: 11 })
      const [aside] = readdirSync(join(folder, 'set-aside'))
      expect(readFileSync(join(folder, 'set-aside', aside!), 'utf8')).toBe(torn)
    },
  )

  it('takes rows that reached the disk without the note of it for good', async () => {
    const folder = tempFolder()
    await written(folder, 5)
    copyFileSync(join(folder, 'chain.json'), join(folder, 'old'))
    await written(folder, 5)
    copyFileSync(join(folder, 'old'), join(folder, 'chain.json'))
    const { journal } = openJournal(folder)
    expect(await journal.verify()).toMatchObject({ ok: true, rows: 10 })
  })

  it('sets a damaged note aside, says so, and can still verify what is there', async () => {
    const folder = tempFolder()
    await written(folder, 5)
    writeFileSync(join(folder, 'chain.json'), '{"head"')
    const { journal, damages } = openJournal(folder)
    expect(damages).toMatchObject([{ using: 'nothing' }])
    expect(await journal.query(query({ limit: 1 }))).toMatchObject([{ kind: 'system', code: 'data_damaged' }])
    expect(await journal.verify()).toMatchObject({ ok: true, rows: 6 })
  })
})

describe('a disk that takes nothing', () => {
  it('costs no row: they are shown from memory and written when it does again', async () => {
    const folder = tempFolder()
    let full = true
    const writeAt: WriteAt = async (handle, data, position) => {
      if (full && position > 0) throw systemError('ENOSPC')
      // A nearly full disk writes a part.
      const part = full ? data.subarray(0, 100) : data
      return (await handle.write(part, 0, part.length, position)).bytesWritten
    }
    const { journal, clock, logger } = openJournal(folder, { writeAt })
    for (let n = 1; n <= 5; n += 1) journal.append(vend(n))
    await expect(journal.flush()).rejects.toMatchObject({ code: 'disk_full' })
    expect(await journal.query(query())).toHaveLength(5)
    journal.append(vend(6))
    clock.advance(50)
    await expect.poll(() => logger.lines.length).toBe(1)
    full = false
    clock.advance(1_000)
    await expect.poll(() => read(folder).split('\n').length).toBe(7)
    expect(await journal.verify()).toMatchObject({ ok: true, rows: 6 })
    await journal.close()
    expect(await openJournal(folder).journal.verify()).toMatchObject({ ok: true, rows: 6 })
  })

  it('bounds what is kept in memory and says how many rows are missing', async () => {
    let full = true
    const writeAt: WriteAt = async (handle, data, position) => {
      if (full) throw systemError('ENOSPC')
      return (await handle.write(data, 0, data.length, position)).bytesWritten
    }
    const { journal } = openJournal(tempFolder(), { writeAt })
    for (let n = 0; n < 20_010; n += 1) journal.append(vend(n))
    await expect(journal.flush()).rejects.toMatchObject({ code: 'disk_full' })
    full = false
    await journal.flush()
    journal.append(vend(1))
    expect(await journal.query(query({ limit: 2 }))).toMatchObject([
      { kind: 'vend' },
      { kind: 'system', code: 'disk_full', note: expect.stringContaining('10 events') as string },
    ])
    expect(await journal.verify()).toMatchObject({ ok: true })
  })

  it('lets the journal close all the same', async () => {
    const { journal, logger } = openJournal(tempFolder(), {
      writeAt: () => Promise.reject(systemError('EIO')),
    })
    journal.append(vend(1))
    await journal.close()
    journal.append(vend(2))
    expect(logger.lines.map(({ level }) => level)).toEqual(['error', 'warn'])
  })
})

describe('segments', () => {
  async function daysOf(folder: string, days: number) {
    const clock = createFakeClock(Date.parse('2026-01-01T10:00:00Z'))
    const opened = openJournal(folder, { clock })
    for (let day = 0; day < days; day += 1) {
      for (let n = 0; n < 10; n += 1) opened.journal.append(vend(n))
      await opened.journal.flush()
      if (day < days - 1) clock.jumpTo(clock.now() + DAY)
    }
    return opened
  }

  it('begin anew each day and at their size, and the chain goes through', async () => {
    const folder = tempFolder()
    const { journal } = await daysOf(folder, 3)
    expect(segmentsIn(folder)).toHaveLength(3)
    expect(await journal.verify()).toMatchObject({ ok: true, rows: 30 })

    const small = tempFolder()
    const sized = openJournal(small, { maxSegmentBytes: 500 })
    for (let n = 0; n < 10; n += 1) {
      sized.journal.append(vend(n))
      await sized.journal.flush()
    }
    expect(segmentsIn(small).length).toBeGreaterThan(3)
    expect(await sized.journal.verify()).toMatchObject({ ok: true, rows: 10 })
  })

  it('are gone on in by the next run of the same day', async () => {
    const folder = tempFolder()
    await written(folder, 3)
    await written(folder, 3)
    expect(segmentsIn(folder)).toHaveLength(1)
    expect(await openJournal(folder).journal.verify()).toMatchObject({ ok: true, rows: 6 })
  })

  it('are pruned by age, whole days at a time, and the chain holds from there on', async () => {
    const folder = tempFolder()
    const { journal, clock } = await daysOf(folder, 5)
    expect(await journal.prune(clock.now() - 3 * DAY)).toEqual({ removedRows: 10 })
    expect(await journal.prune(clock.now() - 3 * DAY)).toEqual({ removedRows: 0 })
    expect(await journal.query(query({ limit: 1 }))).toMatchObject([{ kind: 'system', outcome: 'ok' }])
    expect(await journal.verify()).toMatchObject({
      ok: true,
      rows: 41,
      message: expect.stringContaining('before 11') as string,
    })
    await journal.close()

    const again = openJournal(folder, { clock })
    expect(await again.journal.verify()).toMatchObject({ ok: true, rows: 41 })
    const file = join(folder, segmentsIn(folder)[0]!)
    writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(1).join('\n'))
    expect(await again.journal.verify()).toMatchObject({ ok: false, firstBad: 11 })
  })

  it('finish a pruning that a crash cut short', async () => {
    const folder = tempFolder()
    const { journal, clock } = await daysOf(folder, 3)
    const oldest = join(folder, segmentsIn(folder)[0]!)
    const bytes = readFileSync(oldest)
    await journal.prune(clock.now() - DAY)
    await journal.close()
    writeFileSync(oldest, bytes)
    const again = openJournal(folder, { clock })
    expect(await again.journal.verify()).toMatchObject({ ok: true })
    expect(readdirSync(folder)).not.toContain(
      segmentsIn(folder).find((name) => oldest.endsWith(name)) ?? 'nothing',
    )
  })

  it('are not pruned past a row that does not hold', async () => {
    const folder = tempFolder()
    const { journal, clock } = await daysOf(folder, 3)
    const file = join(folder, segmentsIn(folder)[0]!)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('app_9', 'app_8'))
    expect(await journal.prune(clock.now())).toEqual({ removedRows: 0 })
  })

  it('come out as JSON lines, oldest first, and complete', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'set-aside'))
    const { journal } = await daysOf(folder, 2)
    journal.append(vend(99))
    let text = ''
    for await (const piece of journal.lines()) text += piece
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => activityRow.parse(JSON.parse(line)))
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, at) => at + 1))
    expect(rows.at(-1)).toMatchObject({ appId: 'app_99' })
  })
})
