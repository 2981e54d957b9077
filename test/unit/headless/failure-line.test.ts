import { expect, test } from 'vitest'
import { failureLine } from '../../../electron/headless/failure-line.ts'
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

test('what has no code still is one line, without its stack', () => {
  const line = failureLine(new Error('first\n  second'))
  expect(line).toMatch(/^keyway: Keyway itself failed\. \(first second\) [^\n]+$/)
})
