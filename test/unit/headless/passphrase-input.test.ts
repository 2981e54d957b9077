import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readPassphrase } from '../../../electron/headless/terminal.ts'

const input = (...chunks: string[]): Readable => Readable.from(chunks.map((chunk) => Buffer.from(chunk)))

test('the first line is the passphrase, in whatever pieces it comes and whatever ends it', async () => {
  expect((await readPassphrase(input('made', '-up ', 'words\nnext'))).reveal()).toBe('made-up words')
  expect((await readPassphrase(input('made-up words\r\n'))).reveal()).toBe('made-up words')
  expect((await readPassphrase(input('grün', 'e Wörter'))).reveal()).toBe('grüne Wörter')
})

test('it does not wait for the stream to end once the line is there', async () => {
  const open = new Readable({ read: () => undefined })
  open.push('made-up words\n')
  expect((await readPassphrase(open)).reveal()).toBe('made-up words')
})

test('nothing, or a flood without a line, is refused without repeating it', async () => {
  await expect(readPassphrase(input(''))).rejects.toMatchObject({ code: 'invalid_request' })
  await expect(readPassphrase(input('\n'))).rejects.toMatchObject({ code: 'invalid_request' })
  const flood = readPassphrase(input('x'.repeat(5000), 'y'.repeat(5000)))
  await expect(flood).rejects.toMatchObject({
    code: 'invalid_request',
    message: 'The passphrase is too long.',
  })
})
