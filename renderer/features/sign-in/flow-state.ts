import type { Flow } from '../../../shared/contract/flow.ts'

/** Still on its way: somebody or something has to act. */
export function isPending(flow: Flow): boolean {
  return flow.kind !== 'done' && flow.kind !== 'failed' && flow.kind !== 'cancelled'
}
