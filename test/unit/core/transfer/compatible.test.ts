import { expect, test } from 'vitest'
import { fitConnection } from '../../../../electron/core/transfer/compatible.ts'
import { startConnected } from '../../../support/start-keyway.ts'

const ADA = '948493988897554433'
const BOB = '948493988897554434'
const ROUNDED = '948493988897554400'

test.each([
  [ADA, ADA, 'here_already'],
  [ADA, ROUNDED, 'here_already'],
  [ROUNDED, ADA, 'here_already'],
  [ADA, BOB, null],
  [null, BOB, null],
])('a connection of %s here and one of %s in a bundle: %s', async (here, inBundle, found) => {
  const { keyway, connectionId, providerId } = await startConnected()
  const record = keyway.connections.record(connectionId)
  if (record === null) throw new Error('it is not there')
  const own = { ...record, identity: { id: here, label: 'ada' } }
  const other = { ...record, id: 'con_other', account: 'other', identity: { id: inBundle, label: 'ada' } }
  expect(fitConnection(other as never, { kind: 'here', providerId }, [own]).clash?.kind ?? null).toBe(found)
})
