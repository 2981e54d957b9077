import { expect, test } from 'vitest'
import { failureLine } from '../../../electron/headless/terminal.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'

test('a busy folder says where its owner answers', () => {
  const details = { url: 'http://127.0.0.1:7317', holderPid: 12 }
  const message = 'Another Keyway (process 12) owns the data folder /data.'
  expect(failureLine(new KeywayError('data_folder_busy', { message, details }))).toBe(
    'keyway: Another Keyway (process 12) owns the data folder /data. It answers at http://127.0.0.1:7317. Use the running one, or close it first.',
  )
})

test('a folder that cannot be written is named, with the way to another', () => {
  const line = failureLine(new KeywayError('save_failed', { details: { file: '/data/owner.json' } }))
  expect(line).toContain('/data/owner.json')
  expect(line).toContain('--data')
})

test('why a folder cannot be used is said where the system knows', () => {
  const failure = (code: 'save_failed' | 'disk_full', reason: string) =>
    failureLine(new KeywayError(code, { details: { file: '/data', reason } }))
  expect(failure('save_failed', 'EROFS')).toContain('(/data: the disk is read-only)')
  expect(failure('save_failed', 'ENAMETOOLONG')).toContain('(/data: the name is too long)')
  expect(failure('save_failed', 'EIO')).toContain('(/data)')
  expect(failure('disk_full', 'ENOSPC')).toMatch(/The disk is full.+\(\/data\) Free some space, or .+--data/)
})

test("a more precise next step is not replaced by the start's own", () => {
  const nextStep = 'Start Keyway as the user who owns the folder, or choose another data folder.'
  expect(failureLine(new KeywayError('save_failed', { nextStep }))).toContain(nextStep)
})

test('what has no code still is one line, without its stack', () => {
  const line = failureLine(new Error('first\n  second'))
  expect(line).toMatch(/^keyway: Keyway itself failed\. \(first second\) [^\n]+$/)
})
