// The journal checked from a terminal, as a person does it who no longer trusts the folder.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/build/parts.ts'
import { rehashed, rowsOf, writeRows } from '../support/edited-folder.ts'
import { openTestKeyway, PASSPHRASE } from '../support/open-test-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

function verify(data: string, passphrase?: string): Promise<{ exit: number; out: string }> {
  const script = join(root, 'scripts', 'verify-activity.ts')
  return new Promise((resolve) => {
    const more = passphrase === undefined ? [] : ['--passphrase-stdin']
    const child = execFile(process.execPath, [script, '--data', data, ...more], (error, stdout, stderr) =>
      resolve({ exit: error === null ? 0 : Number(error.code), out: `${stdout}${stderr}` }),
    )
    child.stdin?.end(`${passphrase ?? ''}\n`)
  })
}

test('every line as it was written is said so, also while Keyway runs; an edited or a missing line is named', async () => {
  const data = tempFolder()
  const opened = await openTestKeyway(data)
  for (const name of ['one', 'two', 'three', 'four']) {
    opened.keyway.activity.append({ kind: 'system', outcome: 'ok', note: `line ${name}` })
  }
  await expect
    .poll(() => verify(data).then(({ out }) => out), { timeout: 60_000 })
    .toMatch(/^All \d+ entries are complete and consistent, not authenticated\.\n$/)
  await opened.close()
  expect((await verify(data)).exit).toBe(0)

  const journal = join(data, 'activity')
  const file = join(
    journal,
    readdirSync(journal).find((name) => name.endsWith('.jsonl'))!,
  )
  const text = readFileSync(file, 'utf8')
  const line = text.split('\n').findIndex((each) => each.includes('line two')) + 1
  writeFileSync(file, text.replace('line two', 'line 2'))
  const edited = await verify(data)
  expect(edited).toEqual({ exit: 14, out: `Row ${line} was changed after it was written, or is no row.\n` })

  writeFileSync(file, text.replace(/^.*line three.*\n/m, ''))
  expect(await verify(data)).toMatchObject({
    exit: 14,
    out: expect.stringContaining(`Row ${line + 1} is missing`),
  })
  writeFileSync(file, text.replace(/^.*line four.*\n[^]*$/m, ''))
  expect(await verify(data)).toMatchObject({ exit: 14, out: expect.stringContaining('was cut off') })
  writeFileSync(file, text)
  expect((await verify(data)).exit).toBe(0)
})

test('with the passphrase the log is authenticated, and one that was written anew is told from one that was not', async () => {
  const data = tempFolder()
  const opened = await openTestKeyway(data)
  for (const name of ['one', 'two', 'three'])
    opened.keyway.activity.append({ kind: 'system', outcome: 'ok', note: `entry ${name}` })
  await opened.close()
  const passphrase = PASSPHRASE.reveal()
  expect(await verify(data, passphrase)).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^All \d+ entries are authenticated: complete, and as Keyway wrote them\./),
  })
  expect(await verify(data, 'another passphrase')).toMatchObject({
    exit: 1,
    out: expect.stringContaining('passphrase is not the right one'),
  })
  writeRows(
    data,
    rehashed(rowsOf(data), (row) => (row['at'] = 1)),
    'fitting',
  )
  // Without the key it fits together; that is all that can be said, and no more is.
  expect(await verify(data)).toMatchObject({ exit: 0, out: expect.stringContaining('not authenticated') })
  expect((await verify(data, passphrase)).exit).toBe(14)
  writeRows(data, rowsOf(data).slice(0, -1), 'removed')
  expect(await verify(data)).toMatchObject({ exit: 14, out: expect.stringContaining('chain.json') })
  expect((await verify(data, passphrase)).exit).toBe(14)
})
