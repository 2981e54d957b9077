import type { Flow } from '../../../shared/contract/flow.ts'

/** A flow that is known to be in one of its states. */
export type FlowOf<Kind extends Flow['kind']> = Extract<Flow, { kind: Kind }>
