// Which state belongs to which sign-in. A state is spent once; what it was is remembered for a while, so that a replayed answer can be
// told from a foreign one.
const STATES_KEPT = 500

export type FlowStates<Owner> = {
  bind(state: string, owner: Owner): void
  /** Makes it worthless without an answer: a fresh attempt took its place. */
  spend(state: string): void
  take(state: string): { kind: 'pending' | 'spent'; owner: Owner } | { kind: 'unknown' }
  knows(state: string): boolean
  ownerOf(state: string): Owner | null
}

export function createFlowStates<Owner>(): FlowStates<Owner> {
  const states = new Map<string, { owner: Owner; isSpent: boolean }>()
  return {
    bind(state, owner) {
      states.set(state, { owner, isSpent: false })
      for (const oldest of [...states.keys()].slice(0, Math.max(0, states.size - STATES_KEPT))) {
        states.delete(oldest)
      }
    },
    spend(state) {
      const known = states.get(state)
      if (known !== undefined) known.isSpent = true
    },
    take(state) {
      const known = states.get(state)
      if (known === undefined) return { kind: 'unknown' }
      const kind = known.isSpent ? 'spent' : 'pending'
      known.isSpent = true
      return { kind, owner: known.owner }
    },
    knows: (state) => states.has(state),
    ownerOf: (state) => states.get(state)?.owner ?? null,
  }
}
