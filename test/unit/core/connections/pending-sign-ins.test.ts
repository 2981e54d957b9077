import { expect, test } from 'vitest'
import {
  createFlowStore,
  type FlowOpening,
  isPendingFlow,
} from '../../../../electron/core/connections/sign-in/sessions.ts'
import { aConnect } from '../../../support/builders.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

test('an app that starts sign-ins without end has the newest of them pending, and nobody else loses one', () => {
  const flows = createFlowStore({
    clock: createFakeClock(),
    onChanged: () => undefined,
    onDropped: () => undefined,
  })
  const opening = (startedBy: string | null, n: number): FlowOpening => ({
    concurrencyKey: `${startedBy}:${n}`,
    startedBy,
    input: aConnect({ providerId: 'prv_1' }),
    provider: { id: 'prv_1', slug: 'acme', name: 'Acme' },
    scopes: [],
  })
  const person = Array.from({ length: 30 }, (_each, n) => flows.open(opening(null, n)))
  const other = flows.open(opening('app-2', 0))
  const started = Array.from({ length: 200 }, (_each, n) => flows.open(opening('app-1', n)))
  expect(started.filter(({ flow }) => isPendingFlow(flow))).toEqual(started.slice(-20))
  expect([...person, other].every(({ flow }) => isPendingFlow(flow))).toBe(true)
})
